// Finds out that a sound device has fallen behind real time: sound that was never captured.

/** The steadiest of a second's blocks tells how far sound is behind the clock. */
const STRETCH_MS = 1000;

/** Slower than any crystal is off in a second, and shorter than any sound that is missed. */
const LEAST_SLIP_MS = 20;

/** Nothing is allocated after construction. */
export class SlipMeter {
  #slips = 0;
  #slippedMs = 0;
  #stretchEndMs = Number.NEGATIVE_INFINITY;
  #leastMs = Number.POSITIVE_INFINITY;
  #leastBeforeMs = Number.POSITIVE_INFINITY;

  /** Times that sound was missing, and how much in all. */
  get slips(): number {
    return this.#slips;
  }

  get slippedMs(): number {
    return this.#slippedMs;
  }

  /** A block came whose end lies `soundMs` after the first sample. */
  block(soundMs: number, nowMs: number): void {
    if (nowMs >= this.#stretchEndMs) this.#endStretch(nowMs);
    this.#leastMs = Math.min(this.#leastMs, nowMs - soundMs);
  }

  #endStretch(nowMs: number): void {
    const slipMs = this.#leastMs - this.#leastBeforeMs;
    if (Number.isFinite(slipMs) && slipMs >= LEAST_SLIP_MS) {
      this.#slips++;
      this.#slippedMs += slipMs;
    }
    this.#leastBeforeMs = this.#leastMs;
    this.#leastMs = Number.POSITIVE_INFINITY;
    this.#stretchEndMs = nowMs + STRETCH_MS;
  }
}
