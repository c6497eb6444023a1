// Time that jumps from event to event.

interface Event {
  readonly timeMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Events at one time beyond which something must be calling itself. */
const MOST_EVENTS_AT_ONCE = 10_000;

/** Runs things at given times, in order; equal times in the order of the calls. A binary heap. */
export class VirtualWorld {
  #nowMs = 0;
  #order = 0;
  readonly #events: Event[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  at(timeMs: number, run: () => void): void {
    const event = { timeMs: Math.max(timeMs, this.#nowMs), order: this.#order++, run };
    let index = this.#events.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#events[above]!;
      if (!isLater(parent, event)) break;
      this.#events[index] = parent;
      index = above;
    }
    this.#events[index] = event;
  }

  /** Runs everything that is due up to and including `timeMs`. */
  runTo(timeMs: number): void {
    let eventsAtOnce = 0;
    while (this.#events.length > 0 && this.#events[0]!.timeMs <= timeMs) {
      const event = this.#takeEarliest();
      eventsAtOnce = event.timeMs === this.#nowMs ? eventsAtOnce + 1 : 0;
      if (eventsAtOnce > MOST_EVENTS_AT_ONCE)
        throw new Error(`Time stands still at ${this.#nowMs} ms.`);
      this.#nowMs = event.timeMs;
      event.run();
    }
    this.#nowMs = timeMs;
  }

  #takeEarliest(): Event {
    const events = this.#events;
    const earliest = events[0]!;
    const last = events.pop()!;
    if (events.length === 0) return earliest;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isLater(events[below]!, events[below + 1]!)) below++;
      if (!isLater(last, events[below]!)) break;
      events[index] = events[below]!;
      index = below;
    }
    events[index] = last;
    return earliest;
  }
}

function isLater(a: Event, b: Event): boolean {
  return a.timeMs > b.timeMs || (a.timeMs === b.timeMs && a.order > b.order);
}
