// A token bucket: a steady rate with room for bursts.

/** Admits `ratePerSecond` on average and up to `burst` at once. Time is an argument and may stand still. */
export class TokenBucket {
  readonly #ratePerMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;

  /** The bucket is full at `nowMs`. */
  constructor(ratePerSecond: number, burst: number, nowMs: number) {
    this.#ratePerMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes `amount` and returns true, or takes nothing and returns false when there is less. */
  take(amount: number, nowMs: number): boolean {
    // A clock that was set back adds nothing, and what it then counts again is not added twice.
    if (nowMs > this.#filledAtMs) {
      this.#tokens = Math.min(
        this.#burst,
        this.#tokens + (nowMs - this.#filledAtMs) * this.#ratePerMs,
      );
      this.#filledAtMs = nowMs;
    }
    if (amount > this.#tokens) return false;
    this.#tokens -= amount;
    return true;
  }
}
