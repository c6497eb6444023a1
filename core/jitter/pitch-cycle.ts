// The last periods of a voice, joined end to start, so that they can go round for as long as needed.

import { msToSamples } from '../media/units.ts';
import { fade } from './pitch-fade.ts';

/** Short periods are taken in groups at least this long: one alone, repeated, sounds like a buzzer. */
const SHORTEST_MS = 7.5;

/** Positions count samples from the start of the first round and may lie up to a round before it. Nothing is allocated after construction. */
export class PitchCycle {
  /** Samples of one round: a whole number of periods. */
  length = 1;
  readonly #samples: Int16Array;
  readonly #shortest: number;

  constructor(rateHz: number, longestPeriod: number) {
    this.#shortest = msToSamples(SHORTEST_MS, rateHz);
    this.#samples = new Int16Array(longestPeriod + this.#shortest);
  }

  /** Takes the last periods of `past` before `end`; a quarter of a period before them is read, too. */
  take(past: Int16Array, end: number, period: number): void {
    this.length = Math.ceil(this.#shortest / period) * period;
    const start = end - this.length;
    for (let index = 0; index < this.length; index++) this.#samples[index] = past[start + index]!;
    // The end of the round becomes what led to its start.
    const seam = period >> 2;
    fade(past, end - seam, past, start - seam, seam, this.#samples, this.length - seam);
  }

  at(position: number): number {
    return this.#samples[(position + this.length) % this.length]!;
  }

  copyTo(position: number, into: Int16Array, length: number): void {
    let at = (position + this.length) % this.length;
    for (let index = 0; index < length; index++) {
      into[index] = this.#samples[at]!;
      at = at + 1 === this.length ? 0 : at + 1;
    }
  }
}
