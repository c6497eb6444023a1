// What was found about one call.

/** Collections, and for how long they kept the frames waiting. */
export interface Pauses {
  readonly count: number;
  readonly longestMs: number;
  readonly totalMs: number;
}

export interface CallResult {
  /** Length of the call in its own time. */
  readonly minutes: number;
  readonly turns: number;
  /** Part of the call in which the caller spoke or an answer was played. */
  readonly speechShare: number;
  readonly speech: Pauses;
  readonly silence: Pauses;
}
