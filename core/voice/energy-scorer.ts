// A scorer that compares loudness with the background noise: a hundred times cheaper than the model, and easily fooled.

import { type ScoreListener, type Scorer, type ScorerFactory, WINDOW_SAMPLES } from './scorer.ts';

/**
 * Cost of a window: a square and a sum for each of the 128 samples looked at make 256; blocks, a logarithm, an
 * exponential and the floor's arithmetic stay below the rest.
 */
const UNITS_PER_WINDOW = 1;

/**
 * What does not change within 2 ms is left out, against hum and rumble: −3 dB near 220 Hz. Unlike a recursive filter,
 * whose every step waits for the one before, the sums of a block do not wait for anything.
 */
const BLOCK_SAMPLES = 32;

/** Every fourth sample will do: what lies above 2 kHz appears at another frequency, as loud as it is. */
const STEP_SAMPLES = 4;
const BLOCK_STEPS = BLOCK_SAMPLES / STEP_SAMPLES;
const WINDOW_STEPS = WINDOW_SAMPLES / STEP_SAMPLES;

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

/** Places in the state: the background in dB, not a number before the first window, and the last score. */
const FLOOR_DB = 0;
const PROBABILITY = 1;
const STATE_FLOATS = 2;

/** Answers inside `submit`; allocates nothing, except by `snapshot`. */
export class EnergyScorer implements Scorer {
  readonly name = 'energy';
  readonly unitsPerWindow = UNITS_PER_WINDOW;
  readonly #listener: ScoreListener;
  readonly #state = new Float32Array(STATE_FLOATS);

  constructor(listener: ScoreListener) {
    this.#listener = listener;
    this.reset();
  }

  submit(index: number, window: Int16Array): void {
    this.#judge(levelDb(window));
    this.#listener.onScore(index, this.#state[PROBABILITY]!);
  }

  reset(): void {
    this.#state[FLOOR_DB] = Number.NaN;
    this.#state[PROBABILITY] = 0;
  }

  snapshot(): Float32Array {
    return this.#state.slice();
  }

  restore(state: Float32Array): void {
    if (state.length === STATE_FLOATS) this.#state.set(state);
    else this.reset();
  }

  #judge(level: number): void {
    const before = this.#state[FLOOR_DB]!;
    const floorDb = Number.isNaN(before) ? Math.min(level, HIGHEST_FIRST_FLOOR_DB) : before;
    const excessDb = level - floorDb;
    const instant = 1 / (1 + Math.exp((MIDDLE_DB - excessDb) / STEP_DB));
    this.#state[PROBABILITY] = Math.max(instant, this.#state[PROBABILITY]! * FADE);
    const riseDb = this.#state[PROBABILITY]! < 0.5 ? RISE_IN_SILENCE_DB : RISE_DB;
    this.#state[FLOOR_DB] = floorDb + (excessDb < 0 ? FALL * excessDb : Math.min(riseDb, excessDb));
  }
}

const FULL_SCALE = 32_768;

/** Level of what varies within blocks, in dB of full scale: in each, the sum of squares less the mean's share of it. */
function levelDb(window: Int16Array): number {
  let energy = 0;
  for (let start = 0; start < WINDOW_SAMPLES; start += BLOCK_SAMPLES) {
    let sum = 0;
    let squares = 0;
    let otherSquares = 0;
    for (let index = start; index < start + BLOCK_SAMPLES; index += 2 * STEP_SAMPLES) {
      const sample = window[index]!;
      const other = window[index + STEP_SAMPLES]!;
      sum += sample + other;
      squares += sample * sample;
      otherSquares += other * other;
    }
    energy += squares + otherSquares - (sum * sum) / BLOCK_STEPS;
  }
  const power = energy / (WINDOW_STEPS * FULL_SCALE * FULL_SCALE);
  return Math.max(LOWEST_FLOOR_DB, 10 * Math.log10(power));
}

/** Makes an energy scorer. */
export const createEnergyScorer: ScorerFactory = (listener) => new EnergyScorer(listener);
