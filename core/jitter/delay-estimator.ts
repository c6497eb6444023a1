// How much playout delay the recent past asks for: the least that is exceeded only so often.

import { msToSamples } from '../media/units.ts';
import { NONE } from './arrival-history.ts';
import { ForgettingHistogram } from './forgetting-histogram.ts';
import type { PlayoutTuning } from './playout-tuning.ts';
import { RecentMaximum } from './recent-maximum.ts';

/** Observations that are more than one, whatever was forgotten of them. */
const MORE_THAN_ONE = 1.5;

/** Concealment this long is an interruption. */
export const INTERRUPTION_MS = 150;

/**
 * The latest arrival of every interval of media is an observation in a forgetting histogram; the target is the delay
 * that the permitted share of them exceeds. Frames that were overtaken are judged apart: each of them costs itself,
 * a stall everything behind it. Nothing is allocated after construction.
 */
export class DelayEstimator {
  readonly #tuning: PlayoutTuning;
  readonly #rateHz: number;
  readonly #stepSamples: number;
  readonly #intervalSamples: number;
  readonly #stalls: ForgettingHistogram;
  readonly #overtakens: ForgettingHistogram;
  readonly #recent: RecentMaximum;
  readonly #recentOvertaken: RecentMaximum;
  #intervalEnd: number;
  #latest = 0;
  #overtaken = 0;
  #target: number;
  /** Fastest transits at the ends of the last two intervals: the first frame that is faster may be the last of one. */
  readonly #slower = new Float64Array(2).fill(Number.NEGATIVE_INFINITY);
  #held = 0;
  #heldUntil = NONE;
  #interruptedAt = NONE;
  #interruptedBy = 0;

  constructor(rateHz: number, tuning: PlayoutTuning) {
    const steps = Math.ceil(tuning.maximumDelayMs / tuning.stepMs);
    this.#tuning = tuning;
    this.#rateHz = rateHz;
    this.#stepSamples = msToSamples(tuning.stepMs, rateHz);
    this.#intervalSamples = msToSamples(tuning.intervalMs, rateHz);
    this.#stalls = new ForgettingHistogram(steps, tuning.memoryIntervals);
    this.#overtakens = new ForgettingHistogram(steps, tuning.memoryIntervals);
    this.#recent = new RecentMaximum(tuning.recentIntervals);
    this.#recentOvertaken = new RecentMaximum(tuning.recentIntervals);
    this.#intervalEnd = this.#intervalSamples;
    this.#target = msToSamples(tuning.initialDelayMs, rateHz);
  }

  /**
   * The delay to aim at, in samples, against the `fastest` transit of now. What was learnt against a slower one is by so much
   * longer until it is learnt anew: otherwise the first frame that is faster would make those late that are not.
   */
  targetSamples(clock: number, fastest: number): number {
    const slower = Math.max(this.#slower[0]!, this.#slower[1]!);
    const target = this.#target + Math.max(0, slower - fastest);
    return clock < this.#heldUntil ? Math.max(this.#held, target) : target;
  }

  /**
   * Takes arrival delays relative to the `fastest` transit, in samples, each of them or NONE; `endPosition` is the end of the
   * newest frame.
   */
  observe(delay: number, overtakenDelay: number, endPosition: number, fastest: number): void {
    this.#latest = Math.max(this.#latest, delay);
    this.#overtaken = Math.max(this.#overtaken, overtakenDelay);
    if (endPosition < this.#intervalEnd) return;
    this.#intervalEnd = endPosition + this.#intervalSamples;
    const steps = this.#learn();
    this.#target = Math.max(Math.round(steps * this.#stepSamples), this.#initial(endPosition));
    this.#latest = 0;
    this.#overtaken = 0;
    this.#slower[0] = this.#slower[1]!;
    this.#slower[1] = fastest;
  }

  /**
   * Playout was interrupted by a frame that came with this relative delay. Stalls that repeat themselves come soon; a longer
   * one than before has not repeated itself yet.
   */
  noteInterruption(delay: number, clock: number): void {
    const { repeatMs, holdMs, maximumDelayMs } = this.#tuning;
    const sinceLast = clock - this.#interruptedAt;
    if (this.#interruptedAt !== NONE && sinceLast < msToSamples(repeatMs, this.#rateHz)) {
      const repeated = Math.min(delay, this.#interruptedBy);
      const prevented = repeated - msToSamples(INTERRUPTION_MS, this.#rateHz);
      this.#held = Math.min(prevented, msToSamples(maximumDelayMs, this.#rateHz));
      this.#heldUntil = clock + msToSamples(holdMs, this.#rateHz);
    }
    this.#interruptedAt = clock;
    this.#interruptedBy = delay;
  }

  /** Adds the interval's observations and returns the delay they ask for, in steps. */
  #learn(): number {
    const { smallShare, smallDelayMs, reorderShare, stepMs } = this.#tuning;
    const latest = Math.ceil(this.#latest / this.#stepSamples);
    const recent = this.#recent.add(latest);
    this.#stalls.add(latest);
    const overtaken = Math.ceil(this.#overtaken / this.#stepSamples);
    const recentOvertaken = this.#recentOvertaken.add(overtaken);
    this.#overtakens.add(overtaken);
    const stall = Math.min(this.#stallSteps(), recent);
    const small = Math.min(this.#stalls.quantile(smallShare), smallDelayMs / stepMs);
    const reorder = Math.min(this.#overtakens.quantile(reorderShare), recentOvertaken);
    return Math.max(stall, small, reorder);
  }

  /** While little is known, one stall alone does not ask for more than `singleDelayMs`. */
  #stallSteps(): number {
    const { stallShare, stretchCover, singleDelayMs, stepMs } = this.#tuning;
    const confirmed = Math.max(stallShare, MORE_THAN_ONE / this.#stalls.observations);
    const stall = Math.max(
      this.#stalls.quantile(confirmed),
      Math.min(this.#stalls.quantile(stallShare), singleDelayMs / stepMs),
    );
    return stall * (1 - stretchCover);
  }

  /** What is left of the delay at the start. */
  #initial(endPosition: number): number {
    const { initialDelayMs, initialFadeMs } = this.#tuning;
    const left = 1 - endPosition / msToSamples(initialFadeMs, this.#rateHz);
    return left <= 0 ? 0 : Math.round(left * msToSamples(initialDelayMs, this.#rateHz));
  }
}
