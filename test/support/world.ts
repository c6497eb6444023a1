// Time for tests: events on the machine's own clock, or (simulation/virtual-world.ts) on a virtual one.

/** Runs things at given times, in order; equal times in the order of the calls. */
export interface World {
  readonly nowMs: number;
  at(timeMs: number, run: () => void): void;
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
