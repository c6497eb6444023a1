// The microphone at any rate becomes 16 kHz blocks, numbered from the first sample on.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { Resampler } from '../../core/media/resampler.ts';

/** Device frames converted at once: what Web Audio renders in one go. */
const QUANTUM_FRAMES = 128;

/** Scale of 16-bit samples. */
const FULL_SCALE = 32_768;

/**
 * Output sample k stands for the device's sample k · rate / 16000, whatever the filter waits for, so positions need no
 * correction. The same sound gives the same samples however it is cut. Nothing is allocated after construction.
 */
export class CaptureLine {
  /** What the resampler waits for, in ms of sound. */
  readonly delayMs: number;
  readonly #resampler: Resampler;
  readonly #scaled = new Float32Array(QUANTUM_FRAMES);
  readonly #samples: Int16Array;
  readonly #blockSamples: number;
  #filled = 0;
  #position = 0;

  /** Throws RangeError for a rate that cannot be converted. */
  constructor(rateHz: number, blockSamples: number) {
    this.#resampler = new Resampler(rateHz, ENGINE_RATE_HZ);
    this.delayMs = (this.#resampler.delaySamples * 1000) / rateHz;
    this.#blockSamples = blockSamples;
    this.#samples = new Int16Array(blockSamples + this.#resampler.outputLimit(QUANTUM_FRAMES));
  }

  /** Samples given out so far. */
  get position(): number {
    return this.#position;
  }

  /** Whether `takeBlock` has something to give; until then no more may be captured. */
  get hasBlock(): boolean {
    return this.#filled >= this.#blockSamples;
  }

  /** Takes at most 128 frames, −1 … 1; without `input`, so many of silence. */
  capture(input: Float32Array | undefined, frames: number): void {
    for (let index = 0; index < frames; index++)
      this.#scaled[index] = input === undefined ? 0 : input[index]! * FULL_SCALE;
    this.#filled += this.#resampler.convert(this.#scaled, 0, frames, this.#samples, this.#filled);
  }

  /** Copies the next block into `into`. */
  takeBlock(into: Int16Array): void {
    for (let index = 0; index < this.#blockSamples; index++) into[index] = this.#samples[index]!;
    this.#samples.copyWithin(0, this.#blockSamples, this.#filled);
    this.#filled -= this.#blockSamples;
    this.#position += this.#blockSamples;
  }
}
