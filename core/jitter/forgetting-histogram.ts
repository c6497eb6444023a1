// A histogram of observations in which the old weigh less and less.

/** Nothing is allocated after construction. */
export class ForgettingHistogram {
  readonly #memory: number;
  readonly #weights: Float64Array;
  #observations = 0;

  /** Observations fall into the steps 0 … `steps`; an old one weighs 1/e after `memory` more. */
  constructor(steps: number, memory: number) {
    this.#memory = memory;
    this.#weights = new Float64Array(steps + 1);
  }

  /** Until the memory is full all observations weigh the same. What lies beyond the steps counts as the last. */
  add(step: number): void {
    this.#observations = Math.min(this.#memory, this.#observations + 1);
    const weight = 1 / this.#observations;
    const last = this.#weights.length - 1;
    for (let index = 0; index <= last; index++) this.#weights[index]! *= 1 - weight;
    this.#weights[Math.max(0, Math.min(last, step))]! += weight;
  }

  /** Observations that weigh, at most `memory`. */
  get observations(): number {
    return this.#observations;
  }

  /** The least step that at most `share` of the observations exceed. */
  quantile(share: number): number {
    let step = this.#weights.length - 1;
    let above = this.#weights[step]!;
    while (step > 0 && above <= share) above += this.#weights[--step]!;
    return step;
  }
}
