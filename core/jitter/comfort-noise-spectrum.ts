// The spectrum of a piece of sound as the coefficients that predict a sample from those before it.

/** Added to the power at lag 0: keeps the filter stable where a spectrum has deep holes (−40 dB of white noise). */
const WHITE_SHARE = 1e-4;

/** Linear prediction by autocorrelation and the Levinson-Durbin recursion. Nothing is allocated after construction. */
export class LinearPrediction {
  /** Sample n is about Σ coefficients[k] · sample[n − 1 − k]. */
  readonly coefficients: Float64Array;
  readonly #reversed: Float64Array;
  readonly #correlation: Float64Array;
  readonly #windowed: Float64Array;
  readonly #residualPower = new Float64Array(1);

  constructor(order: number, longestSamples: number) {
    this.coefficients = new Float64Array(order);
    this.#reversed = new Float64Array(order);
    this.#correlation = new Float64Array(order + 1);
    this.#windowed = new Float64Array(longestSamples);
  }

  /** Mean square of what the prediction leaves over. */
  get residualPower(): number {
    return this.#residualPower[0]!;
  }

  /** Analyses `samples[offset … offset + length)` under a parabolic (Welch) window, which needs no cosine. */
  analyse(samples: Int16Array, offset: number, length: number): void {
    let windowPower = 0;
    for (let index = 0; index < length; index++) {
      const x = (2 * index + 1) / length - 1;
      const weight = 1 - x * x;
      windowPower += weight * weight;
      this.#windowed[index] = weight * samples[offset + index]!;
    }
    this.#correlate(length, windowPower);
    this.#solve();
  }

  #correlate(length: number, windowPower: number): void {
    for (let lag = 0; lag < this.#correlation.length; lag++) {
      let sum = 0;
      for (let index = lag; index < length; index++) {
        sum += this.#windowed[index]! * this.#windowed[index - lag]!;
      }
      this.#correlation[lag] = sum / windowPower;
    }
    this.#correlation[0]! *= 1 + WHITE_SHARE;
  }

  #solve(): void {
    const order = this.coefficients.length;
    this.coefficients.fill(0);
    let error = this.#correlation[0]!;
    for (let step = 0; step < order && error > 0; step++) {
      let sum = this.#correlation[step + 1]!;
      for (let index = 0; index < step; index++) {
        sum -= this.coefficients[index]! * this.#correlation[step - index]!;
      }
      const reflection = sum / error;
      for (let index = 0; index < step; index++) {
        this.#reversed[index] = this.coefficients[step - 1 - index]!;
      }
      for (let index = 0; index < step; index++) {
        this.coefficients[index]! -= reflection * this.#reversed[index]!;
      }
      this.coefficients[step] = reflection;
      error *= 1 - reflection * reflection;
    }
    this.#residualPower[0] = error;
  }
}
