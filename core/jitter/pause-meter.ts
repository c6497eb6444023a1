// Tells pauses from speech by their level.

import { msToSamples } from '../media/units.ts';

/** Of what is played only so many samples a second are looked at; before a pause is cut, all of it. */
const LOOKS_HZ = 4000;

/** Level is measured in blocks of this length. */
const BLOCK_MS = 5;

/** A pause is 40 dB below the loudest of the last seconds, and in any case below −72 dB of full scale. */
const QUIET_SHARE = 0.01;
const QUIET_LEVEL = 8;

/** How long it takes to forget the loudest. */
const MEMORY_MS = 10_000;

/** Nothing is allocated after construction. */
export class PauseMeter {
  readonly #step: number;
  readonly #blockSamples: number;
  readonly #memorySamples: number;
  readonly #loudest = new Float64Array(1);
  #quietSamples = 0;

  constructor(rateHz: number) {
    this.#step = Math.max(1, Math.round(rateHz / LOOKS_HZ));
    this.#blockSamples = msToSamples(BLOCK_MS, rateHz);
    this.#memorySamples = msToSamples(MEMORY_MS, rateHz);
  }

  /** Samples of pause up to the last that was played. */
  get quietSamples(): number {
    return this.#quietSamples;
  }

  /** Takes audio that was played. */
  played(samples: Int16Array, offset: number, length: number): void {
    const level = levelOf(samples, offset, length, this.#step);
    const faded = this.#loudest[0]! * Math.max(0, 1 - length / this.#memorySamples);
    // Less than a block may be no more than the crest of a wave.
    this.#loudest[0] = length < this.#blockSamples ? faded : Math.max(level, faded);
    this.#quietSamples = level <= this.#threshold() ? this.#quietSamples + length : 0;
  }

  /** Something other than received audio was played. */
  interrupted(): void {
    this.#quietSamples = 0;
  }

  /** Samples of pause with which `samples[offset … offset + length)` begins. */
  quietAhead(samples: Int16Array, offset: number, length: number): number {
    const threshold = this.#threshold();
    let quiet = 0;
    while (quiet + this.#blockSamples <= length) {
      if (levelOf(samples, offset + quiet, this.#blockSamples, 1) > threshold) break;
      quiet += this.#blockSamples;
    }
    return quiet;
  }

  #threshold(): number {
    return Math.max(QUIET_LEVEL, this.#loudest[0]! * QUIET_SHARE);
  }
}

/** Mean amplitude of every `step`th sample. */
function levelOf(samples: Int16Array, offset: number, length: number, step: number): number {
  let sum = 0;
  for (let index = offset; index < offset + length; index += step) sum += Math.abs(samples[index]!);
  return sum / Math.ceil(length / step);
}
