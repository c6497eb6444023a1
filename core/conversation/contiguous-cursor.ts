// How far a stream was taken without a hole, and what was taken beyond the first hole.

import { nextSequence, sequenceDelta } from '../media/serial.ts';

/** How far beyond a hole frames are told apart: as many as the jitter buffer keeps; a power of two. */
const WINDOW_FRAMES = 64;

/** State of a cursor. */
export interface CursorSnapshot {
  readonly next?: number | null | undefined;
  /** Sequence numbers taken beyond `next`. */
  readonly ahead?: readonly number[] | undefined;
}

/** Sequence numbers wrap. Nothing is allocated after construction, except by `snapshot`. */
export class ContiguousCursor {
  readonly #reliable: boolean;
  readonly #ahead = new Uint8Array(WINDOW_FRAMES);
  #next: number | null = null;

  /** On a wire that is not reliable a hole is left behind when frames come that lie beyond the window. */
  constructor(reliable: boolean) {
    this.#reliable = reliable;
  }

  /** Everything before this was taken, or never comes; null before the first frame. */
  get next(): number | null {
    return this.#next;
  }

  /** Whether this frame was not taken yet, and can be. `isDiscontinuous`: what is missing before it never comes. */
  wants(sequence: number, isDiscontinuous: boolean): boolean {
    if (this.#next === null || isDiscontinuous) return !this.#isBehind(sequence);
    const ahead = sequenceDelta(sequence, this.#next);
    if (ahead < 0) return false;
    if (ahead >= WINDOW_FRAMES) return !this.#reliable;
    return this.#ahead[sequence & (WINDOW_FRAMES - 1)] === 0;
  }

  /** A frame that it wants is taken. */
  take(sequence: number, isDiscontinuous: boolean): void {
    this.#next ??= sequence;
    if (isDiscontinuous) this.#passTo(sequence);
    else if (sequenceDelta(sequence, this.#next) >= WINDOW_FRAMES) {
      this.#passTo((sequence - WINDOW_FRAMES + 1) >>> 0);
    }
    this.#ahead[sequence & (WINDOW_FRAMES - 1)] = 1;
    this.#close();
  }

  snapshot(): CursorSnapshot {
    const ahead: number[] = [];
    for (let step = 0; step < WINDOW_FRAMES && this.#next !== null; step++) {
      const sequence = (this.#next + step) >>> 0;
      if (this.#ahead[sequence & (WINDOW_FRAMES - 1)] === 1) ahead.push(sequence);
    }
    return { next: this.#next, ahead };
  }

  restore({ next = null, ahead = [] }: CursorSnapshot): void {
    this.#next = next;
    this.#ahead.fill(0);
    for (const sequence of ahead) this.#ahead[sequence & (WINDOW_FRAMES - 1)] = 1;
  }

  #isBehind(sequence: number): boolean {
    return this.#next !== null && sequenceDelta(sequence, this.#next) < 0;
  }

  /** What is missing before this sequence number never comes. */
  #passTo(sequence: number): void {
    const steps = sequenceDelta(sequence, this.#next!);
    if (steps <= 0) return;
    if (steps >= WINDOW_FRAMES) this.#ahead.fill(0);
    else {
      for (let step = 0; step < steps; step++) {
        this.#ahead[(this.#next! + step) & (WINDOW_FRAMES - 1)] = 0;
      }
    }
    this.#next = sequence;
    this.#close();
  }

  #close(): void {
    let next = this.#next!;
    while (this.#ahead[next & (WINDOW_FRAMES - 1)] === 1) {
      this.#ahead[next & (WINDOW_FRAMES - 1)] = 0;
      next = nextSequence(next);
    }
    this.#next = next;
  }
}
