// Time for tests: a queue of events on a virtual clock, or the same events on the machine's own.

/** Runs things at given times, in order; equal times in the order of the calls. */
export interface World {
  readonly nowMs: number;
  at(timeMs: number, run: () => void): void;
}

interface Event {
  readonly timeMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time jumps from event to event. */
export class VirtualWorld implements World {
  #nowMs = 0;
  #order = 0;
  readonly #events: Event[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  at(timeMs: number, run: () => void): void {
    const event = { timeMs: Math.max(timeMs, this.#nowMs), order: this.#order++, run };
    let index = this.#events.length;
    while (index > 0 && isLater(this.#events[index - 1]!, event)) index--;
    this.#events.splice(index, 0, event);
  }

  /** Runs everything that is due up to and including `timeMs`. */
  runTo(timeMs: number): void {
    let eventsAtOnce = 0;
    while (this.#events.length > 0 && this.#events[0]!.timeMs <= timeMs) {
      const event = this.#events.shift()!;
      eventsAtOnce = event.timeMs === this.#nowMs ? eventsAtOnce + 1 : 0;
      if (eventsAtOnce > 10_000) throw new Error(`Time stands still at ${this.#nowMs} ms.`);
      this.#nowMs = event.timeMs;
      event.run();
    }
    this.#nowMs = timeMs;
  }
}

function isLater(a: Event, b: Event): boolean {
  return a.timeMs > b.timeMs || (a.timeMs === b.timeMs && a.order > b.order);
}

/** The machine's clock, in whole milliseconds since construction. */
export class RealWorld implements World {
  readonly #startMs = performance.now();

  get nowMs(): number {
    return Math.floor(performance.now() - this.#startMs);
  }

  at(timeMs: number, run: () => void): void {
    setTimeout(run, Math.max(0, timeMs - this.nowMs));
  }

  /** Resolves when the clock has reached `timeMs`. */
  reach(timeMs: number): Promise<void> {
    return new Promise((resolve) => this.at(timeMs, resolve));
  }
}
