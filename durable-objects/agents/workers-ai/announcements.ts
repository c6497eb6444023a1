// Words that are to be said as they are: the greeting, and what the service wants said. None is lost before it sounds.

import * as v from 'valibot';

const ANNOUNCEMENT = v.object({ text: v.string(), isInterruptible: v.boolean() });
type Announcement = v.InferOutput<typeof ANNOUNCEMENT>;

export const ANNOUNCEMENTS_SNAPSHOT = v.array(ANNOUNCEMENT);

export class Announcements {
  #waiting: Announcement[] = [];
  /** Is being made, and does not sound yet. */
  #current: Announcement | null = null;

  /** One is being made of which nothing was said yet. */
  get isUnsaid(): boolean {
    return this.#current !== null;
  }

  add(text: string, isInterruptible: boolean): void {
    this.#waiting.push({ text, isInterruptible });
  }

  /** The next one, which is to be said now. */
  take(): Announcement | null {
    this.#current = this.#waiting.shift() ?? null;
    return this.#current;
  }

  /** What was taken sounds, or will not be said. */
  settled(): void {
    this.#current = null;
  }

  clear(): void {
    this.#waiting = [];
    this.#current = null;
  }

  /** One that does not sound yet waits again. */
  snapshot(): Announcement[] {
    const all = this.#current === null ? this.#waiting : [this.#current, ...this.#waiting];
    return all.map((each) => ({ ...each }));
  }

  restore(announcements: readonly Announcement[]): void {
    this.#waiting = announcements.map((each) => ({ ...each }));
  }
}
