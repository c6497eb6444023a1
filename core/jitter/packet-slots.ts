// The memory of a jitter buffer: one slot per frame, found by sequence number; it holds no opinion on order or time.

/** State of the occupied slots, in order of sequence number. */
export interface PacketSlotsSnapshot {
  readonly sequences: readonly number[];
  readonly positions: readonly number[];
  readonly discontinuities: readonly boolean[];
  readonly arrivalsMs: readonly number[];
  readonly payloads: readonly Uint8Array[];
}

/**
 * Keeps frames whose sequence numbers lie less than `capacityFrames` apart; the caller sees to that.
 * Nothing is allocated after construction, except by `snapshot`.
 */
export class PacketSlots {
  readonly capacityFrames: number;
  /** All payloads, `frameBytes` apart. */
  readonly bytes: Uint8Array;
  readonly #frameBytes: number;
  readonly #mask: number;
  readonly #occupied: Uint8Array;
  readonly #positions: Float64Array;
  readonly #discontinuities: Uint8Array;
  readonly #arrivalsMs: Float64Array;
  readonly #lengthsBytes: Int32Array;
  #count = 0;

  /** Throws RangeError when the capacity is not a power of two: slots must meet where sequence numbers wrap at 2³². */
  constructor(capacityFrames: number, frameBytes: number) {
    if (!Number.isInteger(Math.log2(capacityFrames))) {
      throw new RangeError(
        `Cannot make packet slots: "capacityFrames" must be a power of two, received ${capacityFrames}.`,
      );
    }
    this.capacityFrames = capacityFrames;
    this.bytes = new Uint8Array(capacityFrames * frameBytes);
    this.#frameBytes = frameBytes;
    this.#mask = capacityFrames - 1;
    this.#occupied = new Uint8Array(capacityFrames);
    this.#positions = new Float64Array(capacityFrames);
    this.#discontinuities = new Uint8Array(capacityFrames);
    this.#arrivalsMs = new Float64Array(capacityFrames);
    this.#lengthsBytes = new Int32Array(capacityFrames);
  }

  /** Occupied slots. */
  get count(): number {
    return this.#count;
  }

  has(sequence: number): boolean {
    return this.#occupied[sequence & this.#mask] === 1;
  }

  /** Copies `bytes[offset … offset + lengthBytes)` into a free slot; what exceeds a frame's bytes is left out. */
  store(
    sequence: number,
    position: number,
    discontinuity: boolean,
    arrivedMs: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
  ): void {
    const slot = sequence & this.#mask;
    const length = Math.min(lengthBytes, this.#frameBytes);
    const start = slot * this.#frameBytes;
    for (let index = 0; index < length; index++) {
      this.bytes[start + index] = bytes[offset + index]!;
    }
    this.#occupied[slot] = 1;
    this.#positions[slot] = position;
    this.#discontinuities[slot] = discontinuity ? 1 : 0;
    this.#arrivalsMs[slot] = arrivedMs;
    this.#lengthsBytes[slot] = length;
    this.#count++;
  }

  /** Empties a slot; its bytes stay readable until the next `store`. */
  free(sequence: number): void {
    this.#occupied[sequence & this.#mask] = 0;
    this.#count--;
  }

  position(sequence: number): number {
    return this.#positions[sequence & this.#mask]!;
  }

  discontinuity(sequence: number): boolean {
    return this.#discontinuities[sequence & this.#mask] === 1;
  }

  offset(sequence: number): number {
    return (sequence & this.#mask) * this.#frameBytes;
  }

  lengthBytes(sequence: number): number {
    return this.#lengthsBytes[sequence & this.#mask]!;
  }

  /** Arrival of the earliest of all frames kept, Infinity when there are none. */
  earliestArrivalMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.capacityFrames; slot++) {
      if (this.#occupied[slot] === 1) earliest = Math.min(earliest, this.#arrivalsMs[slot]!);
    }
    return earliest;
  }

  /** Copies of the frames kept, from the sequence number `first` on. */
  snapshot(first: number): PacketSlotsSnapshot {
    const sequences: number[] = [];
    for (let ahead = 0; ahead < this.capacityFrames; ahead++) {
      if (this.has(first + ahead)) sequences.push((first + ahead) >>> 0);
    }
    return {
      sequences,
      positions: sequences.map((sequence) => this.position(sequence)),
      discontinuities: sequences.map((sequence) => this.discontinuity(sequence)),
      arrivalsMs: sequences.map((sequence) => this.#arrivalsMs[sequence & this.#mask]!),
      payloads: sequences.map((sequence) => {
        const offset = this.offset(sequence);
        return this.bytes.slice(offset, offset + this.lengthBytes(sequence));
      }),
    };
  }

  restore(snapshot: PacketSlotsSnapshot): void {
    this.#occupied.fill(0);
    this.#count = 0;
    for (const [index, sequence] of snapshot.sequences.entries()) {
      const payload = snapshot.payloads[index]!;
      const position = snapshot.positions[index]!;
      const discontinuity = snapshot.discontinuities[index]!;
      const arrivedMs = snapshot.arrivalsMs[index]!;
      this.store(sequence, position, discontinuity, arrivedMs, payload, 0, payload.length);
    }
  }
}
