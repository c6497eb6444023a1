// The clock of the virtual sound device: one call for each 10 ms block, at absolute deadlines.

/** Duration of a device block, in ms; Web Audio's is 8 ms at 16 kHz, telephones and drivers use 10. */
export const BLOCK_MS = 10;

/** Block n = 1, 2 … is due at start + n · 10 ms. Late blocks are made up for at once and in order: none is lost, none is early. */
export class BlockClock {
  readonly #now: () => number;
  readonly #block: (deadlineMs: number) => void;
  #startMs = 0;
  #blocks = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `now` in ms, any origin; `block` is called with the block's deadline. */
  constructor(now: () => number, block: (deadlineMs: number) => void) {
    this.#now = now;
    this.#block = block;
  }

  start(nowMs: number): void {
    this.#startMs = nowMs;
    this.#arm();
  }

  /** Makes up for the blocks that are due by now; whoever acts between two timers calls it first. */
  catchUp(): void {
    while (this.#timer !== undefined && this.#deadlineMs <= this.#now()) {
      const deadlineMs = this.#deadlineMs;
      this.#blocks++;
      this.#block(deadlineMs);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #deadlineMs(): number {
    return this.#startMs + (this.#blocks + 1) * BLOCK_MS;
  }

  #arm(): void {
    // Timers are whole milliseconds: rounding up keeps them from firing just before the deadline.
    const waitMs = Math.max(0, Math.ceil(this.#deadlineMs - this.#now()));
    this.#timer = setTimeout(() => {
      this.catchUp();
      if (this.#timer !== undefined) this.#arm();
    }, waitMs);
  }
}
