// What was played lately, and the quietest moment of it: what the line sounds like when nobody speaks.

import { msToSamples } from '../media/units.ts';

/** Past kept: enough for two of the longest periods and a quarter of one. */
const PAST_MS = 40;

/** The background is learnt from blocks of this length. */
const BLOCK_MS = 20;

/** The quietest block of so many, and of as many before them: 2 to 4 s. */
const MEMORY_BLOCKS = 100;

/** Nothing louder is taken for background: a mean square 36 dB below full scale. */
const LOUDEST_POWER = 512 * 512;

/** Nothing is allocated after construction. */
export class ConcealmentPast {
  readonly lengthSamples: number;
  readonly blockSamples: number;
  readonly #ring: Int16Array;
  readonly #mask: number;
  readonly #current: Int16Array;
  readonly #previous: Int16Array;
  /** Sums of squares: of the block so far, and of the quietest of the current and of the previous memory. */
  readonly #energy = new Float64Array(3);
  /** Where the next sample goes. */
  #end = 0;
  #inBlock = 0;
  #blocks = 0;

  constructor(rateHz: number) {
    this.lengthSamples = msToSamples(PAST_MS, rateHz);
    this.blockSamples = msToSamples(BLOCK_MS, rateHz);
    const capacity = 2 ** Math.ceil(Math.log2(this.lengthSamples));
    this.#ring = new Int16Array(capacity);
    this.#mask = capacity - 1;
    this.#current = new Int16Array(this.blockSamples);
    this.#previous = new Int16Array(this.blockSamples);
    this.#energy.fill(LOUDEST_POWER * this.blockSamples, 1);
  }

  /** The quietest block that was not digital silence; zeros when every one was loud. */
  get quietest(): Int16Array {
    return this.#energy[1]! <= this.#energy[2]! ? this.#current : this.#previous;
  }

  /** Takes what was received and played. */
  append(samples: Int16Array, offset: number, length: number): void {
    let read = offset;
    while (read < offset + length) {
      const part = Math.min(this.blockSamples - this.#inBlock, offset + length - read);
      this.#energy[0]! += this.#write(samples, read, part);
      this.#inBlock += part;
      read += part;
      if (this.#inBlock === this.blockSamples) this.#endBlock(this.#energy[0]!);
    }
  }

  /** Takes what was made up: it says nothing about the background. */
  appendMadeUp(samples: Int16Array, offset: number, length: number): void {
    this.#write(samples, offset, length);
    this.#inBlock = 0;
    this.#energy[0] = 0;
  }

  /** Copies the last `lengthSamples`; what was before the first sample is zero. */
  copyTo(into: Int16Array): void {
    this.#copy(into, this.lengthSamples);
  }

  /** Writes into the ring and returns the sum of squares. */
  #write(samples: Int16Array, offset: number, length: number): number {
    const ring = this.#ring;
    const mask = this.#mask;
    const shift = this.#end - offset;
    let energy = 0;
    for (let index = offset; index < offset + length; index++) {
      const sample = samples[index]!;
      ring[(index + shift) & mask] = sample;
      energy += sample * sample;
    }
    this.#end = (this.#end + length) & mask;
    return energy;
  }

  #copy(into: Int16Array, length: number): void {
    const start = this.#end - length;
    for (let index = 0; index < length; index++) {
      into[index] = this.#ring[(start + index) & this.#mask]!;
    }
  }

  #endBlock(energy: number): void {
    this.#inBlock = 0;
    this.#energy[0] = 0;
    if (energy > 0 && energy < this.#energy[1]!) {
      this.#energy[1] = energy;
      this.#copy(this.#current, this.blockSamples);
    }
    this.#blocks++;
    if (this.#blocks < MEMORY_BLOCKS) return;
    this.#blocks = 0;
    this.#previous.set(this.#current);
    this.#energy[2] = this.#energy[1]!;
    this.#energy[1] = LOUDEST_POWER * this.blockSamples;
    this.#current.fill(0);
  }
}
