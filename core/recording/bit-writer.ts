// Writes numbers of any width, most significant bit first, into bytes that grow as needed.

export class BitWriter {
  #bytes = new Uint8Array(16_384);
  #length = 0;
  /** Bits not yet in `#bytes`: the lowest `#waiting` of them, at most 7 between two calls. */
  #held = 0;
  #waiting = 0;

  /** Writes the lowest `width` bits (0 to 24) of a number. */
  write(value: number, width: number): void {
    this.#held = (this.#held << width) | (value & ((1 << width) - 1));
    this.#waiting += width;
    while (this.#waiting >= 8) {
      this.#waiting -= 8;
      this.#push((this.#held >>> this.#waiting) & 0xff);
    }
    this.#held &= (1 << this.#waiting) - 1;
  }

  /** Writes `zeros` zeros and a one. */
  writeUnary(zeros: number): void {
    let left = zeros;
    for (; left >= 24; left -= 24) this.write(0, 24);
    this.write(1, left + 1);
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#waiting > 0) this.write(0, 8 - this.#waiting);
  }

  /** The whole bytes so far; valid until the next call. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}
