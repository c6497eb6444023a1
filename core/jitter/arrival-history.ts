// How late frames arrive, against the fastest of the recent ones; seen at the pulls, because only there it matters.

import { msToSamples } from '../media/units.ts';

/** The fastest is sought among the newest GROUPS groups of this much media time: 8 s. */
const GROUPS = 16;
const GROUP_MS = 500;

/** What arrives closer than this before a pull may miss the pull next time: it counts as there at the next. */
const MARGIN_MS = 4;

/** Said where nothing arrived. */
export const NONE = -1;

/**
 * Times and positions are samples. What has arrived since the last pull is settled together: it could not be used
 * before. So a frame is in time exactly when the playout delay is at least its relative arrival delay, which is its
 * transit (pull − position) less the fastest transit. Nothing is allocated after construction.
 */
export class ArrivalHistory {
  /** Relative delay of the earliest frame of those settled last that came in order, or NONE. */
  delay = NONE;
  /** Relative delay of the earliest frame of those settled last that came after a later one, or NONE. */
  overtakenDelay = NONE;
  /** Least transit of the recent past. */
  fastest = 0;
  /** End of the newest frame that has arrived. */
  endPosition = 0;
  /** When it was settled. */
  settledAt = 0;
  readonly #groupSamples: number;
  readonly #marginSamples: number;
  readonly #groupFastest = new Float64Array(GROUPS).fill(Number.POSITIVE_INFINITY);
  #group = 0;
  #groupEnd: number;
  #settledEnd = 0;
  /** Positions of what came since the last pull, and when it came. */
  #earliest = NONE;
  #earliestAt = 0;
  #latest = NONE;
  #latestAt = 0;
  #overtaken = NONE;
  #overtakenAt = 0;

  constructor(rateHz: number) {
    this.#groupSamples = msToSamples(GROUP_MS, rateHz);
    this.#groupEnd = this.#groupSamples;
    this.#marginSamples = msToSamples(MARGIN_MS, rateHz);
  }

  /** A frame has arrived. */
  note(position: number, length: number, clock: number): void {
    if (position < this.#settledEnd) {
      this.#noteOvertaken(position, clock);
      return;
    }
    if (this.#earliest === NONE || position < this.#earliest) {
      this.#earliest = position;
      this.#earliestAt = clock;
    }
    if (position > this.#latest) {
      this.#latest = position;
      this.#latestAt = clock;
    }
    this.endPosition = Math.max(this.endPosition, position + length);
  }

  /** Settles what has arrived since the last call, at the time of a pull of `length` samples. */
  settle(clock: number, length: number): void {
    if (this.#earliest !== NONE) {
      this.#takeTransit(this.#usableFrom(this.#latestAt, clock, length) - this.#latest);
      this.settledAt = clock;
    }
    this.delay = this.#delayOf(this.#earliest, this.#earliestAt, clock, length);
    this.overtakenDelay = this.#delayOf(this.#overtaken, this.#overtakenAt, clock, length);
    this.#settledEnd = this.endPosition;
    this.#earliest = NONE;
    this.#latest = NONE;
    this.#overtaken = NONE;
  }

  #noteOvertaken(position: number, clock: number): void {
    if (this.#overtaken !== NONE && position > this.#overtaken) return;
    this.#overtaken = position;
    this.#overtakenAt = clock;
  }

  #delayOf(position: number, arrivedAt: number, clock: number, length: number): number {
    if (position === NONE) return NONE;
    return this.#usableFrom(arrivedAt, clock, length) - position - this.fastest;
  }

  #usableFrom(arrivedAt: number, clock: number, length: number): number {
    return arrivedAt > clock - this.#marginSamples ? clock + length : clock;
  }

  #takeTransit(transit: number): void {
    if (this.endPosition > this.#groupEnd) {
      this.#groupEnd = this.endPosition + this.#groupSamples;
      this.#group = (this.#group + 1) & (GROUPS - 1);
      this.#groupFastest[this.#group] = Number.POSITIVE_INFINITY;
    }
    if (transit < this.#groupFastest[this.#group]!) this.#groupFastest[this.#group] = transit;
    let fastest = transit;
    for (let group = 0; group < GROUPS; group++) {
      fastest = Math.min(fastest, this.#groupFastest[group]!);
    }
    this.fastest = fastest;
  }
}
