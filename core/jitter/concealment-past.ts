// What was played lately, and the quietest moment of it: what the line sounds like when nobody speaks.

import { msToSamples } from '../media/units.ts';
import { copySamples } from './sample-blocks.ts';

/** Past kept: enough for two of the longest periods and a quarter of one. */
const PAST_MS = 40;

/** Room, in pasts: the more, the rarer what is kept of it moves to the front. */
const ROOM_PASTS = 8;

/** The background is learnt from blocks of this length. */
const BLOCK_MS = 20;

/** The quietest block of so many, and of as many before them: 2 to 4 s. */
const MEMORY_BLOCKS = 100;

/** Nothing louder is taken for background: a mean square 36 dB below full scale. */
const LOUDEST_POWER = 512 * 512;

/** Of a block, every so many samples are looked at first: mostly it is too loud by these alone. */
const STRIDE = 8;

/** Nothing is allocated after construction. */
export class ConcealmentPast {
  readonly lengthSamples: number;
  readonly blockSamples: number;
  /** The newest sample lies before `#end`. */
  readonly #samples: Int16Array;
  readonly #current: Int16Array;
  readonly #previous: Int16Array;
  /** Sums of squares: of the quietest block of the current and of the previous memory. */
  readonly #energy = new Float64Array(2);
  #end: number;
  #known = 0;
  #inBlock = 0;
  #blocks = 0;

  constructor(rateHz: number) {
    this.lengthSamples = msToSamples(PAST_MS, rateHz);
    this.blockSamples = msToSamples(BLOCK_MS, rateHz);
    this.#samples = new Int16Array(ROOM_PASTS * this.lengthSamples);
    this.#end = this.lengthSamples;
    this.#current = new Int16Array(this.blockSamples);
    this.#previous = new Int16Array(this.blockSamples);
    this.#energy.fill(LOUDEST_POWER * this.blockSamples);
  }

  /** Samples that were appended, at most `lengthSamples`. */
  get knownSamples(): number {
    return this.#known;
  }

  /** The quietest block that was not digital silence; zeros when every one was loud. */
  get quietest(): Int16Array {
    return this.#energy[0]! <= this.#energy[1]! ? this.#current : this.#previous;
  }

  /** Takes what was received and played. */
  append(samples: Int16Array, offset: number, length: number): void {
    let read = offset;
    while (read < offset + length) {
      const part = Math.min(this.blockSamples - this.#inBlock, offset + length - read);
      this.#write(samples, read, part);
      this.#inBlock += part;
      read += part;
      if (this.#inBlock === this.blockSamples) this.#endBlock();
    }
  }

  /** Takes what was made up: it says nothing about the background. */
  appendMadeUp(samples: Int16Array, offset: number, length: number): void {
    const skipped = Math.max(0, length - this.lengthSamples);
    this.#write(samples, offset + skipped, length - skipped);
    this.#inBlock = 0;
  }

  /** Silence for as long as is kept; what was learnt of the background stays. */
  fallSilent(): void {
    this.#samples.fill(0);
    this.#end = this.lengthSamples;
    this.#inBlock = 0;
  }

  /** Copies the last `length` samples, at most `lengthSamples`; what was before the first sample is zero. */
  copyTo(into: Int16Array, length: number): void {
    const start = this.#end - length;
    for (let index = 0; index < length; index++) into[index] = this.#samples[start + index]!;
  }

  /** Takes at most `lengthSamples`. */
  #write(samples: Int16Array, offset: number, length: number): void {
    if (this.#end + length > this.#samples.length) {
      this.#samples.copyWithin(0, this.#end - this.lengthSamples, this.#end);
      this.#end = this.lengthSamples;
    }
    copySamples(samples, offset, this.#samples, this.#end, length);
    this.#end += length;
    this.#known = Math.min(this.lengthSamples, this.#known + length);
  }

  #endBlock(): void {
    this.#inBlock = 0;
    const most = this.#energy[0]!;
    const energy = this.#energyBelow(most);
    if (energy > 0 && energy < most) {
      this.#energy[0] = energy;
      this.copyTo(this.#current, this.blockSamples);
    }
    this.#blocks++;
    if (this.#blocks < MEMORY_BLOCKS) return;
    this.#blocks = 0;
    this.#previous.set(this.#current);
    this.#energy[1] = this.#energy[0]!;
    this.#energy[0] = LOUDEST_POWER * this.blockSamples;
    this.#current.fill(0);
  }

  /** Sum of squares of the newest block; of a louder one than `most`, no less than that. */
  #energyBelow(most: number): number {
    const samples = this.#samples;
    const end = this.#end;
    let energy = 0;
    for (let first = end - this.blockSamples, left = STRIDE; left > 0 && energy < most; left--) {
      for (let index = first++; index < end; index += STRIDE) {
        energy += samples[index]! * samples[index]!;
      }
    }
    return energy;
  }
}
