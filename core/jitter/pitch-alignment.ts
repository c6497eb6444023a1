// Finds by how much one periodic sound must run on to be in phase with another.

/** About so many samples a second are compared, and so many shifts tried, before every shift near the best is. */
const COARSE_RATE_HZ = 8000;

/** Nothing is allocated after construction. */
export class PitchAlignment {
  /** Result of `find`. */
  shift = 0;
  readonly #step: number;
  readonly #likeness = new Float64Array(1);

  constructor(rateHz: number) {
    this.#step = Math.max(1, Math.round(rateHz / COARSE_RATE_HZ));
  }

  /** How alike the two are at `shift`, −1 to 1, whatever their levels. */
  get likeness(): number {
    return this.#likeness[0]!;
  }

  /** Finds the shift of 0 … `shifts − 1` at which `ahead[shift …]` is most like `samples[offset … offset + window)`. */
  find(
    ahead: Int16Array,
    shifts: number,
    samples: Int16Array,
    offset: number,
    window: number,
  ): void {
    const step = this.#step;
    this.#likeness[0] = -2;
    for (let shift = 0; shift < shifts; shift += step) {
      this.#try(ahead, shift, samples, offset, window);
    }
    const coarse = this.shift;
    const end = Math.min(shifts, coarse + step);
    for (let shift = Math.max(0, coarse - step + 1); shift < end; shift++) {
      this.#try(ahead, shift, samples, offset, window);
    }
  }

  #try(
    ahead: Int16Array,
    shift: number,
    samples: Int16Array,
    offset: number,
    window: number,
  ): void {
    let product = 0;
    let energyAhead = 1;
    let energy = 1;
    for (let index = 0; index < window; index += this.#step) {
      const a = ahead[shift + index]!;
      const b = samples[offset + index]!;
      product += a * b;
      energyAhead += a * a;
      energy += b * b;
    }
    const likeness = product / Math.sqrt(energyAhead * energy);
    if (likeness <= this.#likeness[0]!) return;
    this.#likeness[0] = likeness;
    this.shift = shift;
  }
}
