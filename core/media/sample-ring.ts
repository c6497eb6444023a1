// The newest samples of a stream, addressed by their absolute position.

/** Largest capacity: positions are masked as 32-bit integers. */
const MAX_CAPACITY_SAMPLES = 2 ** 30;

/** State of a ring: the samples that it kept, the last of which lies just before `endPosition`. */
export interface SampleRingSnapshot {
  readonly endPosition?: number | undefined;
  readonly samples?: Int16Array | undefined;
}

/**
 * Keeps the last `capacitySamples` of what was appended. A position is the number of samples from the start of the
 * stream and never wraps. Nothing is allocated after construction, except by `snapshot`.
 */
export class SampleRing {
  readonly capacitySamples: number;
  readonly #samples: Int16Array;
  readonly #mask: number;
  #startPosition = 0;
  #endPosition = 0;

  /** Throws RangeError when the capacity is not a power of two up to 2³⁰. */
  constructor(capacitySamples: number) {
    const powerOfTwo = Number.isInteger(Math.log2(capacitySamples)) && capacitySamples >= 1;
    if (!powerOfTwo || capacitySamples > MAX_CAPACITY_SAMPLES) {
      throw new RangeError(
        `Cannot make a sample ring: "capacitySamples" must be a power of two up to ${MAX_CAPACITY_SAMPLES}, received ${capacitySamples}.`,
      );
    }
    this.capacitySamples = capacitySamples;
    this.#samples = new Int16Array(capacitySamples);
    this.#mask = capacitySamples - 1;
  }

  /** Position of the oldest sample still here. */
  get startPosition(): number {
    return this.#startPosition;
  }

  /** Position that the next appended sample gets. */
  get endPosition(): number {
    return this.#endPosition;
  }

  /** Appends `samples[offset … offset + length)`; what exceeds the capacity pushes out the oldest. */
  append(samples: Int16Array, offset: number, length: number): void {
    const skipped = Math.max(0, length - this.capacitySamples);
    const end = offset + length;
    let position = this.#endPosition + skipped;
    for (let index = offset + skipped; index < end; index++) {
      this.#samples[position & this.#mask] = samples[index]!;
      position++;
    }
    this.#endAt(position);
  }

  /** Appends `length` zeros, at a cost bounded by the capacity however long the silence. */
  appendZeros(length: number): void {
    const end = this.#endPosition + length;
    for (
      let position = Math.max(this.#endPosition, end - this.capacitySamples);
      position < end;
      position++
    ) {
      this.#samples[position & this.#mask] = 0;
    }
    this.#endAt(end);
  }

  /**
   * Copies up to `length` samples from `position` on into `into[offset …]` and returns how many there were:
   * 0 when the ring no longer or not yet has the sample at `position`. Zeros are never made up.
   */
  copyTo(position: number, into: Int16Array, offset: number, length: number): number {
    if (position < this.#startPosition) return 0;
    const copied = Math.max(0, Math.min(length, this.#endPosition - position));
    for (let index = 0; index < copied; index++) {
      into[offset + index] = this.#samples[(position + index) & this.#mask]!;
    }
    return copied;
  }

  /** Forgets everything; the next appended sample gets this position. */
  restartAt(position: number): void {
    this.#startPosition = position;
    this.#endPosition = position;
  }

  /** A copy of what is kept, or of its end from `fromPosition` on. */
  snapshot(fromPosition = this.#startPosition): SampleRingSnapshot {
    const start = Math.max(fromPosition, this.#startPosition);
    const samples = new Int16Array(this.#endPosition - start);
    this.copyTo(start, samples, 0, samples.length);
    return { endPosition: this.#endPosition, samples };
  }

  /** Takes the state of another ring; of a larger one the newest samples. */
  restore(snapshot: SampleRingSnapshot): void {
    const samples = snapshot.samples ?? new Int16Array(0);
    this.restartAt((snapshot.endPosition ?? 0) - samples.length);
    this.append(samples, 0, samples.length);
  }

  #endAt(position: number): void {
    this.#endPosition = position;
    this.#startPosition = Math.max(this.#startPosition, position - this.capacitySamples);
  }
}
