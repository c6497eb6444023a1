// A network worse than the real one, for hearing what the design does about it.

/** Everything is 0 unless given, and applies to both directions. */
export interface NetworkConditions {
  /** Added to the way of every message, each direction for itself. */
  readonly delayMs?: number | undefined;
  /** Up to so much more, different for every message; order is kept, as TCP keeps it. */
  readonly jitterMs?: number | undefined;
  /** For so long nothing passes, then everything at once … */
  readonly stallMs?: number | undefined;
  /** … so often: from the beginning of one stall to that of the next. */
  readonly stallEveryMs?: number | undefined;
}
