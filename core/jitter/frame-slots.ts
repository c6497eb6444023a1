// The memory of the isochronous exit: one slot of samples per frame, found by sequence number.

import { SampleBlocks } from './sample-blocks.ts';

/**
 * Keeps frames whose sequence numbers lie less than `capacityFrames` apart; the caller sees to that.
 * Nothing is allocated after construction.
 */
export class FrameSlots {
  readonly capacityFrames: number;
  readonly frameSamples: number;
  readonly #mask: number;
  readonly #samples: SampleBlocks;
  readonly #occupied: Uint8Array;
  readonly #positions: Float64Array;
  readonly #arrivals: Float64Array;
  readonly #lengths: Int32Array;
  #count = 0;

  /** Throws RangeError when the capacity is not a power of two: slots must meet where sequence numbers wrap at 2³². */
  constructor(capacityFrames: number, frameSamples: number) {
    if (!Number.isInteger(Math.log2(capacityFrames))) {
      throw new RangeError(
        `Cannot make frame slots: "capacityFrames" must be a power of two, received ${capacityFrames}.`,
      );
    }
    this.capacityFrames = capacityFrames;
    this.frameSamples = frameSamples;
    this.#mask = capacityFrames - 1;
    this.#samples = new SampleBlocks(capacityFrames * frameSamples, frameSamples);
    this.#occupied = new Uint8Array(capacityFrames);
    this.#positions = new Float64Array(capacityFrames);
    this.#arrivals = new Float64Array(capacityFrames);
    this.#lengths = new Int32Array(capacityFrames);
  }

  /** Occupied slots. */
  get count(): number {
    return this.#count;
  }

  has(sequence: number): boolean {
    return this.#occupied[sequence & this.#mask] === 1;
  }

  /** Copies a frame of at most `frameSamples` into a free slot. */
  store(
    sequence: number,
    position: number,
    arrival: number,
    samples: Int16Array,
    offset: number,
    length: number,
  ): void {
    const slot = sequence & this.#mask;
    this.#samples.write(slot * this.frameSamples, samples, offset, length);
    this.#occupied[slot] = 1;
    this.#positions[slot] = position;
    this.#arrivals[slot] = arrival;
    this.#lengths[slot] = length;
    this.#count++;
  }

  free(sequence: number): void {
    this.#occupied[sequence & this.#mask] = 0;
    this.#count--;
  }

  /** Position of the frame's first sample. */
  position(sequence: number): number {
    return this.#positions[sequence & this.#mask]!;
  }

  /** Position just behind the frame's last sample. */
  endPosition(sequence: number): number {
    const slot = sequence & this.#mask;
    return this.#positions[slot]! + this.#lengths[slot]!;
  }

  arrival(sequence: number): number {
    return this.#arrivals[sequence & this.#mask]!;
  }

  /** Copies `length` samples of a frame, the first of them `from` samples behind its beginning. */
  copyTo(sequence: number, from: number, into: Int16Array, offset: number, length: number): void {
    const slot = sequence & this.#mask;
    this.#samples.read(slot * this.frameSamples + from, into, offset, length);
  }
}
