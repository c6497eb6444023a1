// The newest few samples of a stream, oldest first: the memory of a filter.

/** Keeps the last `length` samples pushed; before that many were pushed, the rest are zeros. */
export class SlidingWindow {
  readonly length: number;
  /** Every sample is kept twice, `length` apart, so that the window is contiguous wherever it starts. */
  readonly #twice: Int16Array;
  #start = 0;

  constructor(length: number) {
    this.length = length;
    this.#twice = new Int16Array(2 * length);
  }

  /** Takes a new sample; the oldest is forgotten. */
  push(sample: number): void {
    this.#twice[this.#start] = sample;
    this.#twice[this.#start + this.length] = sample;
    this.#start = this.#start + 1 === this.length ? 0 : this.#start + 1;
  }

  /** Sample at `index`: 0 is the oldest, `length − 1` the newest. */
  at(index: number): number {
    return this.#twice[this.#start + index]!;
  }

  /** Σ gains[k] · (the two samples at distance k from the middle), for a window of even length. */
  symmetricSum(gains: Float64Array): number {
    const samples = this.#twice;
    const above = this.#start + this.length / 2;
    let sum = 0;
    for (let k = 0; k < gains.length; k++) {
      sum += gains[k]! * (samples[above - 1 - k]! + samples[above + k]!);
    }
    return sum;
  }

  /** Makes every sample zero. */
  reset(): void {
    this.#twice.fill(0);
    this.#start = 0;
  }

  /** A copy of the samples, oldest first. */
  snapshot(): Int16Array {
    return this.#twice.slice(this.#start, this.#start + this.length);
  }

  restore(samples: Int16Array): void {
    this.reset();
    for (const sample of samples) this.push(sample);
  }
}
