// The latest events of an isolate: what ran when something came late.

/** More than begin within any lag worth a warning: after 400 ms, 25 conversations have 500 packets waiting. */
const REMEMBERED_EVENTS = 1024;

/** The head of an event; its end is the next one's beginning, or earlier. */
export interface RecentEvent {
  /** What kind of work: 'message', 'timer', 'alarm', 'agent', 'burn', 'scorer trap' … */
  kind: string;
  conversation: string;
  beganAtMs: number;
}

/** A ring; nothing is allocated after construction. */
export class RecentEvents {
  readonly #events: readonly RecentEvent[] = Array.from({ length: REMEMBERED_EVENTS }, () => ({
    kind: '',
    conversation: '',
    beganAtMs: Number.NaN,
  }));
  #next = 0;

  began(kind: string, conversation: string, nowMs: number): void {
    const event = this.#events[this.#next & (REMEMBERED_EVENTS - 1)]!;
    event.kind = kind;
    event.conversation = conversation;
    event.beganAtMs = nowMs;
    this.#next++;
  }

  /** The last event that began before this time, or at it; null when none is remembered. */
  runningAt(timeMs: number): Readonly<RecentEvent> | null {
    const oldest = Math.max(0, this.#next - REMEMBERED_EVENTS);
    for (let index = this.#next - 1; index >= oldest; index--) {
      const event = this.#events[index & (REMEMBERED_EVENTS - 1)]!;
      if (event.beganAtMs <= timeMs) return event;
    }
    return null;
  }
}
