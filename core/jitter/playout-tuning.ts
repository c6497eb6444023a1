// The numbers of isochronous playout: what each weighs, and why it is what it is.

/** Of which defaults are in PLAYOUT_TUNING. */
export interface PlayoutTuning {
  /** Width of the histogram's steps: finer than a frame, so that the delay does not jump by whole frames. */
  readonly stepMs: number;
  /** The latest arrival of so much media is one observation: a stall delays many frames and happens once. */
  readonly intervalMs: number;
  /** Observations remembered: an old one weighs 1/e after so many. */
  readonly memoryIntervals: number;
  /** What none of so many newest observations reached is not waited for, whatever was before them. */
  readonly recentIntervals: number;
  /** Longest delay that is aimed at. */
  readonly maximumDelayMs: number;
  /** Delay at the start, and how long it takes to fade out of the target. */
  readonly initialDelayMs: number;
  readonly initialFadeMs: number;
  /** Share of the observations that may exceed the target: about three stalls a minute. */
  readonly stallShare: number;
  /** The same below `smallDelayMs`, where delay costs nobody anything. */
  readonly smallShare: number;
  readonly smallDelayMs: number;
  /** Share of the observations in which a frame that was overtaken may come too late. */
  readonly reorderShare: number;
  /** What one stall alone may ask for, before others confirm it. */
  readonly singleDelayMs: number;
  /** Part of a stall that playing slower while the buffer drains makes up for. */
  readonly stretchCover: number;
  /** A second interruption within `repeatMs` holds the delay that would have prevented the shorter one for `holdMs`. */
  readonly repeatMs: number;
  readonly holdMs: number;
  /** Playing slower begins when nothing has come for this long … */
  readonly quietMs: number;
  /** … and a frame is overdue by this share of the target. Both rise to the second as stretching is used up. */
  readonly overdueShare: number;
  readonly overdueShareThrifty: number;
  /** The delay may exceed the target by this before it is played faster. */
  readonly excessMs: number;
  readonly excessThriftyMs: number;
  /** Share of the last minute that was stretched at which thrift begins and is complete. */
  readonly thriftFrom: number;
  readonly thriftTo: number;
  /** What is left of a pause that is cut. */
  readonly pauseMs: number;
}

/**
 * Swept on generated traces: coarsely on seeds 201 to 204, the last choices on 101 to 105 and two captures, where NetEQ's
 * curve is known, and the start on 101 to 120. So `npm run bench:jitter` on those is no held-out result.
 */
const PLAYOUT_TUNING: PlayoutTuning = {
  stepMs: 5,
  intervalMs: 500,
  memoryIntervals: 240,
  recentIntervals: 60,
  maximumDelayMs: 2000,
  initialDelayMs: 70,
  initialFadeMs: 6000,
  stallShare: 0.024,
  smallShare: 0.005,
  smallDelayMs: 20,
  reorderShare: 0.005,
  singleDelayMs: 100,
  stretchCover: 0.15,
  repeatMs: 100_000,
  holdMs: 7000,
  quietMs: 25,
  overdueShare: 0.2,
  overdueShareThrifty: 0.8,
  excessMs: 5,
  excessThriftyMs: 10,
  thriftFrom: 0.018,
  thriftTo: 0.026,
  pauseMs: 60,
};

/** The defaults with what deviates from them; no more than `mostMs` of delay is aimed at. */
export function playoutTuning(
  deviations: Partial<PlayoutTuning> | undefined,
  mostMs: number,
): PlayoutTuning {
  const wanted = { ...PLAYOUT_TUNING, ...deviations };
  return { ...wanted, maximumDelayMs: Math.min(wanted.maximumDelayMs, mostMs) };
}
