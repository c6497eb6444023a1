// A scorer that compares loudness with the background noise: hundreds of times cheaper than a model, and easily fooled.

import { type ScoreListener, type Scorer, type ScorerFactory, WINDOW_SAMPLES } from './scorer.ts';

/**
 * Cost of a window: two multiply-adds for the high-pass filter and one for the energy of each of 512 samples make
 * 1,536; a logarithm, an exponential and the floor's arithmetic stay below 464.
 */
const UNITS_PER_WINDOW = 2;

/** Pole of the high-pass filter y[n] = x[n] − x[n−1] + 0.9 y[n−1] (−3 dB near 270 Hz), against hum and rumble. */
const POLE = 0.9;

/** Loudness that is never taken for more than background, in dB of full scale. */
const LOWEST_FLOOR_DB = -65;

/** Level over the background at which the score is 0.5, and that which moves the score by one logistic unit. */
const MIDDLE_DB = 7;
const STEP_DB = 2;

/** The floor rises slowly, so that a sentence does not lift it: 0.5 dB a second, 3 while nobody seems to speak. */
const RISE_DB = 0.016;
const RISE_IN_SILENCE_DB = 0.1;

/** Part of the way that the floor falls in one window. */
const FALL = 0.3;

/** The score fades like a model's, so that the model's tail holds here too: four windows from 1 to below 0.35. */
const FADE = 0.75;

/** The first window is taken for background unless it is louder than this. */
const HIGHEST_FIRST_FLOOR_DB = -40;

/**
 * Answers inside `submit`; allocates nothing, except by `snapshot`. What it keeps between windows is rounded to 32 bits,
 * so that a restored scorer goes on with the same numbers.
 */
export class EnergyScorer implements Scorer {
  readonly name = 'energy';
  readonly unitsPerWindow = UNITS_PER_WINDOW;
  readonly #listener: ScoreListener;
  /** NaN before the first window. */
  #floorDb = Number.NaN;
  #probability = 0;
  #lastSample = 0;
  #filtered = 0;
  /** Level of the latest window. */
  #levelDb = LOWEST_FLOOR_DB;

  constructor(listener: ScoreListener) {
    this.#listener = listener;
  }

  submit(index: number, window: Int16Array): void {
    this.#measure(window);
    this.#judge();
    this.#listener.onScore(index, this.#probability);
  }

  reset(): void {
    this.#floorDb = Number.NaN;
    this.#probability = 0;
    this.#lastSample = 0;
    this.#filtered = 0;
  }

  snapshot(): Float32Array {
    return Float32Array.of(this.#floorDb, this.#probability, this.#lastSample, this.#filtered);
  }

  restore(state: Float32Array): void {
    if (state.length !== 4) {
      this.reset();
      return;
    }
    this.#floorDb = state[0]!;
    this.#probability = state[1]!;
    this.#lastSample = state[2]!;
    this.#filtered = state[3]!;
  }

  #measure(window: Int16Array): void {
    let energy = 0;
    let before = this.#lastSample;
    let filtered = this.#filtered;
    for (let index = 0; index < WINDOW_SAMPLES; index++) {
      const sample = window[index]!;
      filtered = POLE * filtered + (sample - before);
      energy += filtered * filtered;
      before = sample;
    }
    this.#lastSample = before;
    this.#filtered = Math.fround(filtered);
    const power = energy / (WINDOW_SAMPLES * FULL_SCALE * FULL_SCALE);
    this.#levelDb = Math.max(LOWEST_FLOOR_DB, 10 * Math.log10(power));
  }

  #judge(): void {
    if (Number.isNaN(this.#floorDb))
      this.#floorDb = Math.min(this.#levelDb, HIGHEST_FIRST_FLOOR_DB);
    const excessDb = this.#levelDb - this.#floorDb;
    const instant = 1 / (1 + Math.exp((MIDDLE_DB - excessDb) / STEP_DB));
    this.#probability = Math.fround(Math.max(instant, this.#probability * FADE));
    const riseDb = this.#probability < 0.5 ? RISE_IN_SILENCE_DB : RISE_DB;
    const stepDb = excessDb < 0 ? FALL * excessDb : Math.min(riseDb, excessDb);
    this.#floorDb = Math.fround(this.#floorDb + stepDb);
  }
}

const FULL_SCALE = 32_768;

/** Makes an energy scorer. */
export const createEnergyScorer: ScorerFactory = (listener) => new EnergyScorer(listener);
