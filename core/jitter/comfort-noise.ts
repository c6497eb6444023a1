// Noise with the level and the spectrum of a piece of sound: white noise through a linear predictor's filter.

import { LinearPrediction } from './comfort-noise-spectrum.ts';

/** Filter coefficients by bandwidth: one for each 500 Hz and two for the tilt, at most 18. */
const HZ_PER_COEFFICIENT = 1000;
const MAXIMUM_ORDER = 18;

/** Excitation is uniform over ±1, so its variance is a third. */
const UNIFORM_POWER = 1 / 3;

/**
 * Learns from samples and then hands out noise. The random numbers are a linear congruence
 * (modulus 2³², Numerical Recipes' constants) from a fixed seed: the same calls give the same noise everywhere.
 * Nothing is allocated after construction.
 */
export class ComfortNoise {
  readonly #prediction: LinearPrediction;
  /** The last outputs, as often as there are coefficients, in a ring. */
  readonly #past: Float64Array;
  readonly #ringIn: Float64Array;
  readonly #gain = new Float64Array(1);
  readonly #random: Int32Array;
  #newest = 0;

  constructor(rateHz: number, longestSamples: number, seed: number) {
    const order = Math.min(MAXIMUM_ORDER, Math.round(rateHz / HZ_PER_COEFFICIENT) + 2);
    this.#prediction = new LinearPrediction(order, longestSamples);
    this.#past = new Float64Array(order);
    this.#ringIn = new Float64Array(4 * order);
    this.#random = Int32Array.of(seed);
  }

  /** Takes level and spectrum of `samples[offset … offset + length)`. */
  learn(samples: Int16Array, offset: number, length: number): void {
    this.#prediction.analyse(samples, offset, length);
    this.#gain[0] = Math.sqrt(this.#prediction.residualPower / UNIFORM_POWER);
    this.#past.fill(0);
    // The filter rings in, so that the first sample handed out has the full level.
    this.fill(this.#ringIn, this.#ringIn.length);
  }

  /** Writes the next `length` samples of noise into the start of `into`. */
  fill(into: Float64Array, length: number): void {
    const coefficients = this.#prediction.coefficients;
    const past = this.#past;
    const order = coefficients.length;
    const scale = this.#gain[0]! / 2 ** 31;
    let random = this.#random[0]!;
    let newest = this.#newest;
    for (let index = 0; index < length; index++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
      let value = random * scale;
      let at = newest;
      for (let tap = 0; tap < order; tap++) {
        value += coefficients[tap]! * past[at]!;
        at = at === 0 ? order - 1 : at - 1;
      }
      newest = newest === order - 1 ? 0 : newest + 1;
      past[newest] = value;
      into[index] = value;
    }
    this.#random[0] = random;
    this.#newest = newest;
  }
}
