// The largest of the newest observations.

/** Whole numbers from 0. Nothing is allocated after construction. */
export class RecentMaximum {
  readonly #values: Int32Array;
  #next = 0;

  constructor(count: number) {
    this.#values = new Int32Array(count);
  }

  /** Takes an observation and returns the largest of those remembered, this one included. */
  add(value: number): number {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    let largest = 0;
    for (let index = 0; index < this.#values.length; index++) {
      largest = Math.max(largest, this.#values[index]!);
    }
    return largest;
  }
}
