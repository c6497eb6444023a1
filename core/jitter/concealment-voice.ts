// The voice that goes on after its audio has stopped: its last periods repeated, with as much noise as it had.

import { msToSamples } from '../media/units.ts';
import { ComfortNoise } from './comfort-noise.ts';
import { PitchCycle } from './pitch-cycle.ts';
import { PitchSearch } from './pitch-search.ts';

/** Below this likeness of two periods sound is noise, above the other it is voice; between, it is a mixture. */
const NOISE_LIKENESS = 0.3;
const VOICE_LIKENESS = 0.8;

/** The noise is learnt from so much of the end. */
const NOISE_MS = 20;
const NOISE_SEED = 1;

/** How long the first samples are bent so that they follow the last ones played. */
const JOIN_MS = 2.5;

/** Nothing is allocated after construction. */
export class ConcealmentVoice {
  /** Samples of a period, or what comes nearest to one. */
  period = 1;
  readonly #search: PitchSearch;
  readonly #cycle: PitchCycle;
  readonly #noise: ComfortNoise;
  readonly #noiseSamples: number;
  readonly #noiseBlock: Float64Array;
  readonly #joinSamples: number;
  /** Gains of cycle and noise; what the first sample should be, and what it lacks. */
  readonly #values = new Float64Array(4);

  constructor(rateHz: number, longestFill: number) {
    this.#search = new PitchSearch(rateHz);
    this.#cycle = new PitchCycle(rateHz, this.#search.maximumLag);
    this.#noiseSamples = msToSamples(NOISE_MS, rateHz);
    this.#noise = new ComfortNoise(rateHz, this.#noiseSamples, NOISE_SEED);
    this.#noiseBlock = new Float64Array(longestFill);
    this.#joinSamples = msToSamples(JOIN_MS, rateHz);
  }

  /** Longest period, in samples. */
  get longestPeriod(): number {
    return this.#search.maximumLag;
  }

  /** Whether anything in it repeats. */
  get isPeriodic(): boolean {
    return this.#values[0]! > 0;
  }

  /** Takes up the voice at the end of `past`. */
  takeUp(past: Int16Array): void {
    const end = past.length;
    this.#search.findAtEnd(past, end - this.#search.spanSamples);
    this.period = this.#search.lag;
    const likeness = Math.max(0, Math.min(1, this.#search.likeness));
    this.#cycle.take(past, end, this.period);
    const share = (likeness - NOISE_LIKENESS) / (VOICE_LIKENESS - NOISE_LIKENESS);
    const periodic = Math.max(0, Math.min(1, share));
    this.#values[0] = Math.sqrt(periodic);
    this.#values[1] = Math.sqrt(1 - periodic);
    if (periodic < 1) this.#noise.learn(past, end - this.#noiseSamples, this.#noiseSamples);
    // The step from the last sample to the first is the one that the cycle itself makes there.
    const step = this.#cycle.at(0) - past[end - this.#cycle.length - 1]!;
    this.#values[2] = past[end - 1]! + step;
  }

  /**
   * Writes `length` samples, at most `longestFill`, into the start of `into`; the first of them is `elapsed` after the
   * end of the past. Halfway through, the periods have moved on by `shift`.
   */
  fill(into: Float64Array, elapsed: number, length: number, shift: number): void {
    const periodic = this.#values[0]!;
    const noise = this.#values[1]!;
    if (noise > 0) this.#noise.fill(this.#noiseBlock, length);
    for (let index = 0; index < length; index++) {
      const moved = shift * Math.min(1, (2 * (index + 1)) / length);
      const before = Math.floor(moved);
      const at = elapsed + index + before;
      const share = moved - before;
      const cycle = (1 - share) * this.#cycle.at(at) + share * this.#cycle.at(at + 1);
      into[index] = periodic * cycle + noise * this.#noiseBlock[index]!;
    }
    if (elapsed === 0) this.#values[3] = this.#values[2]! - into[0]!;
    for (let index = 0; index < length && elapsed + index < this.#joinSamples; index++) {
      into[index]! += this.#values[3]! * (1 - (elapsed + index) / this.#joinSamples);
    }
  }

  /** Copies `length` samples of the repeated periods, from `elapsed` on; it may lie a period before the start. */
  copyPeriods(elapsed: number, into: Int16Array, length: number): void {
    this.#cycle.copyTo(elapsed, into, length);
  }
}
