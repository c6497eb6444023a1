// The newest windows' scores, for finding the best place to cut a turn that is too long.

import { CONFIG_FIELDS } from '../conversation/config-fields.ts';
import { msToSamples } from '../media/units.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from './scorer.ts';

const LONGEST_LOOKBACK_SAMPLES = msToSamples(CONFIG_FIELDS.cutLookbackMs.max, SCORER_RATE_HZ);

/** The longest look-back in windows, as a power of two (128 windows are 4.1 s). */
const CAPACITY_WINDOWS = 2 ** Math.ceil(Math.log2(LONGEST_LOOKBACK_SAMPLES / WINDOW_SAMPLES + 1));
const MASK = CAPACITY_WINDOWS - 1;

/** State of a history, oldest window first. */
export interface ScoreHistorySnapshot {
  readonly startSamples: Float64Array;
  readonly spansSamples: Int32Array;
  readonly probabilities: Float64Array;
  readonly loud: Uint8Array;
}

/** A ring of windows; nothing is allocated after construction, except by `snapshot`. */
export class ScoreHistory {
  readonly #startSamples = new Float64Array(CAPACITY_WINDOWS);
  readonly #spansSamples = new Int32Array(CAPACITY_WINDOWS);
  readonly #probabilities = new Float64Array(CAPACITY_WINDOWS);
  readonly #loud = new Uint8Array(CAPACITY_WINDOWS);
  /** Windows pushed; the ring holds the last of them. */
  #count = 0;

  /** The score of the window that `push` takes next: a fraction handed to a function that is not inlined is allocated. */
  set nextProbability(probability: number) {
    this.#probabilities[this.#count & MASK] = probability;
  }

  push(startSample: number, spanSamples: number, loud: boolean): void {
    const slot = this.#count & MASK;
    this.#startSamples[slot] = startSample;
    this.#spansSamples[slot] = spanSamples;
    this.#loud[slot] = loud ? 1 : 0;
    this.#count++;
  }

  /** Middle of the window that scored lowest, the latest of equals, among those whose middle is not before `fromSample`. */
  lowestSince(fromSample: number): number {
    let lowest = Number.POSITIVE_INFINITY;
    let lowestSample = fromSample;
    for (let index = this.#oldest(); index < this.#count; index++) {
      const slot = index & MASK;
      const middleSample = this.#startSamples[slot]! + (this.#spansSamples[slot]! >>> 1);
      if (middleSample >= fromSample && this.#probabilities[slot]! <= lowest) {
        lowest = this.#probabilities[slot]!;
        lowestSample = middleSample;
      }
    }
    return lowestSample;
  }

  /** Samples from `fromSample` on that lie in windows which counted as speech. */
  speechSamplesSince(fromSample: number): number {
    let speechSamples = 0;
    for (let index = this.#oldest(); index < this.#count; index++) {
      const slot = index & MASK;
      const endSample = this.#startSamples[slot]! + this.#spansSamples[slot]!;
      const insideSample = Math.max(this.#startSamples[slot]!, fromSample);
      if (this.#loud[slot] === 1) speechSamples += Math.max(0, endSample - insideSample);
    }
    return speechSamples;
  }

  snapshot(): ScoreHistorySnapshot {
    const oldest = this.#oldest();
    const windows = this.#count - oldest;
    const snapshot = {
      startSamples: new Float64Array(windows),
      spansSamples: new Int32Array(windows),
      probabilities: new Float64Array(windows),
      loud: new Uint8Array(windows),
    };
    for (let window = 0; window < windows; window++) {
      const slot = (oldest + window) & MASK;
      snapshot.startSamples[window] = this.#startSamples[slot]!;
      snapshot.spansSamples[window] = this.#spansSamples[slot]!;
      snapshot.probabilities[window] = this.#probabilities[slot]!;
      snapshot.loud[window] = this.#loud[slot]!;
    }
    return snapshot;
  }

  restore(snapshot: ScoreHistorySnapshot): void {
    this.#count = snapshot.startSamples.length;
    this.#startSamples.set(snapshot.startSamples);
    this.#spansSamples.set(snapshot.spansSamples);
    this.#probabilities.set(snapshot.probabilities);
    this.#loud.set(snapshot.loud);
  }

  #oldest(): number {
    return Math.max(0, this.#count - CAPACITY_WINDOWS);
  }
}
