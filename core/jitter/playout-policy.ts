// Decides, with no audio at hand, whether to play as it comes, faster, or slower.

import { msToSamples } from '../media/units.ts';
import type { PlayoutTuning } from './playout-tuning.ts';

/** How the next audio is played. */
export type Pace = 'natural' | 'faster' | 'slower';

/** All durations are samples. Nothing is allocated after construction. */
export class PlayoutPolicy {
  readonly #tuning: PlayoutTuning;
  readonly #rateHz: number;

  constructor(rateHz: number, tuning: PlayoutTuning) {
    this.#tuning = tuning;
    this.#rateHz = rateHz;
  }

  /**
   * `delay`: between the fastest arrival of the audio at the playout point and its playing; `ahead`: what can be played
   * before the first hole; `sinceArrival`: for how long nothing has come; `stretchedShare`: of the last minute.
   * Faster when there is more delay than wanted and the audio is there. Slower when there is less, and as soon as the
   * buffer drains: what is put in then is what a stall does not take away.
   */
  decide(
    delay: number,
    ahead: number,
    target: number,
    sinceArrival: number,
    stretchedShare: number,
  ): Pace {
    const thrift = this.#thrift(stretchedShare);
    if (Math.min(delay, ahead) - target > this.#excess(thrift)) return 'faster';
    if (delay < target) return 'slower';
    if (ahead >= target || sinceArrival < this.#samples(this.#tuning.quietMs)) return 'natural';
    return delay - ahead > this.#overdue(thrift) * target ? 'slower' : 'natural';
  }

  /** 0 while little was stretched, 1 when as much as may be. */
  #thrift(stretchedShare: number): number {
    const { thriftFrom, thriftTo } = this.#tuning;
    return Math.max(0, Math.min(1, (stretchedShare - thriftFrom) / (thriftTo - thriftFrom)));
  }

  #excess(thrift: number): number {
    const { excessMs, excessThriftyMs } = this.#tuning;
    return this.#samples(excessMs + thrift * (excessThriftyMs - excessMs));
  }

  #overdue(thrift: number): number {
    const { overdueShare, overdueShareThrifty } = this.#tuning;
    return overdueShare + thrift * (overdueShareThrifty - overdueShare);
  }

  #samples(durationMs: number): number {
    return msToSamples(durationMs, this.#rateHz);
  }
}
