// A recording of nothing but content: the samples that a player gave, without the silence between.

/** One minute at 16 kHz; it doubles from there. */
const FIRST_CAPACITY_SAMPLES = 60 * 16_000;

export class ContentTape {
  #samples = new Int16Array(FIRST_CAPACITY_SAMPLES);
  #length = 0;

  /** Appends the first `length` samples of a block. */
  append(block: Int16Array, length: number): void {
    if (this.#length + length > this.#samples.length) {
      const grown = new Int16Array(2 * this.#samples.length);
      grown.set(this.#samples);
      this.#samples = grown;
    }
    this.#samples.set(block.subarray(0, length), this.#length);
    this.#length += length;
  }

  /** A copy of everything. */
  samples(): Int16Array {
    return this.#samples.slice(0, this.#length);
  }
}
