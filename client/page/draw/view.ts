// The part of a call's time axis that is on the screen.

const SPAN_MIN_MS = 1000;
/** Room to the right of now, so that the newest is not glued to the edge. */
const AHEAD_SHARE = 0.04;

/** Follows the newest sound until somebody looks back. Times are ms on the axis; `widthPx` is that of the time axis. */
export class View {
  spanMs: number;
  isFollowing = true;
  #endMs = 0;

  constructor(spanMs: number) {
    this.spanMs = spanMs;
  }

  get endMs(): number {
    return this.#endMs;
  }

  get startMs(): number {
    return this.#endMs - this.spanMs;
  }

  /** The newest sound is at `nowMs`. */
  follow(nowMs: number): void {
    if (this.isFollowing) this.#endMs = Math.max(this.spanMs, nowMs + this.spanMs * AHEAD_SHARE);
  }

  /** Shows everything between two times, and follows nothing. */
  showAll(fromMs: number, toMs: number): void {
    this.spanMs = Math.max(SPAN_MIN_MS, (toMs - fromMs) * (1 + AHEAD_SHARE));
    this.#endMs = fromMs + this.spanMs;
    this.isFollowing = false;
  }

  /** Moves by a part of what is shown; past the newest sound it follows again. */
  move(byMs: number, nowMs: number): void {
    const newest = nowMs + this.spanMs * AHEAD_SHARE;
    const oldest = Math.min(this.spanMs, newest);
    this.#endMs = Math.max(oldest, Math.min(newest, this.#endMs + byMs));
    this.isFollowing = this.#endMs >= newest - 1;
  }

  /** Shows less (a factor below 1) or more around the middle, or around now while it follows. */
  zoom(factor: number, nowMs: number): void {
    const middle = this.#endMs - this.spanMs / 2;
    const spanMs = Math.max(
      SPAN_MIN_MS,
      Math.min(this.spanMs * factor, Math.max(20_000, nowMs * 1.1)),
    );
    this.spanMs = spanMs;
    if (!this.isFollowing) this.#endMs = middle + spanMs / 2;
    this.move(0, nowMs);
  }

  /** Where a time lies in a picture that is so wide. */
  x(ms: number, widthPx: number): number {
    return ((ms - this.startMs) / this.spanMs) * widthPx;
  }
}
