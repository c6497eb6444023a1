// Wakes the conversation at its next deadline when that is near; far deadlines are the alarm's, so that the object can sleep.

/**
 * A deadline this far away needs no timer: the runtime lets the object sleep after ten idle seconds, but never while a
 * timer is pending.
 */
const NEAR_MS = 5000;

/** One timer. It may fire early: the owner finds that nothing is due, and arms again. */
export class DeadlineTimer {
  readonly #wake: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;

  /** `wake` is called when a deadline may have come; the owner calls `arm` again afterwards. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Whether a timer is pending, which keeps the object awake. */
  get isPending(): boolean {
    return this.#timer !== null;
  }

  /** Sees that `wake` is called at a near deadline (Infinity for none). Cheap when the deadline has not moved to be earlier. */
  arm(deadlineMs: number, nowMs: number): void {
    if (deadlineMs - nowMs > NEAR_MS) this.#clear();
    else this.#setBy(deadlineMs, nowMs);
  }

  /** A timer is moved only to be earlier; one that fires too early costs less than a new one for every frame. */
  #setBy(deadlineMs: number, nowMs: number): void {
    if (this.#timer !== null && this.#timerAtMs <= deadlineMs) return;
    this.#clear();
    this.#timerAtMs = deadlineMs;
    // Rounded up, because the runtime cuts fractions off and would wake before the deadline.
    this.#timer = setTimeout(() => this.#fired(), Math.max(0, Math.ceil(deadlineMs - nowMs)));
  }

  #fired(): void {
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }
}
