// Quantiles of durations over a whole call, in a fixed number of buckets.

/** Upper bound of the first bucket. */
const FIRST_MS = 0.1;

/** Each bucket ends this much further than the one before: quantiles are at most 5 % too high. */
const GROWTH = 1.05;

/** 0.1 ms · 1.05²⁸⁰ is 86 s; anything longer counts into the last bucket. */
const BUCKETS = 281;

/** Counts durations in ms. Nothing is allocated after construction. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** The longest duration, exactly; 0 when there is none. */
  get max(): number {
    return this.#max;
  }

  add(durationMs: number): void {
    const bucket = Math.ceil(
      Math.log(Math.max(durationMs, FIRST_MS) / FIRST_MS) / Math.log(GROWTH),
    );
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++;
    this.#count++;
    this.#max = Math.max(this.#max, durationMs);
  }

  /** Upper bound of the bucket in which this share (0..1) of all durations is reached; 0 when there is none. */
  quantile(share: number): number {
    if (this.#count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return Math.min(FIRST_MS * GROWTH ** bucket, this.#max);
    }
    return this.#max;
  }
}
