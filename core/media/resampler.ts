// Rate conversion between the rates of audio devices, wires and agents, in chunks of any size.

import { lowPassPhases, passbandHalfWidth } from './low-pass.ts';

/** Input samples that are taken at once; a longer call takes several rounds. */
const BLOCK_SAMPLES = 512;

/** Whole samples of either kind: 16-bit integers, or floats of any scale. */
export type Samples = Int16Array | Float32Array;

/** State of a resampler. */
export interface ResamplerSnapshot {
  readonly held?: Float64Array | undefined;
  readonly next?: number | undefined;
  readonly phase?: number | undefined;
}

/**
 * `fromHz` → `toHz` by a polyphase low-pass in the exact ratio of the rates: sample k of the output lies where sample
 * k · fromHz / toHz of the input does, and what the lower rate cannot carry is filtered out. An output sample comes out
 * when `delaySamples` input samples after its place are in. The same input gives the same output however it is cut.
 * Written to integers, output is rounded and what lies beyond the range becomes the largest or smallest.
 */
export class Resampler {
  /** Input samples that an output sample waits for: the group delay, 1.1 to 2 ms. */
  readonly delaySamples: number;
  /** Rates in lowest terms: an output sample lies `#down / #up` input samples after the one before. */
  readonly #up: number;
  readonly #down: number;
  readonly #behind: number;
  readonly #taps: number;
  /** `#phases[phase · #taps + k]`: gain of input sample k of the window for an output `phase / #up` after a sample. */
  readonly #phases: Float64Array;
  readonly #window: Float64Array;
  #held = 0;
  /** Where in the window the input sample at or before the next output lies, and how far after it, in 1 / #up. */
  #next = 0;
  #phase = 0;

  /** Throws RangeError unless both rates are whole numbers of Hz from 8,000 to 192,000. */
  constructor(fromHz: number, toHz: number) {
    for (const rateHz of [fromHz, toHz]) {
      if (!Number.isInteger(rateHz) || rateHz < 8000 || rateHz > 192_000) {
        throw new RangeError(`Cannot resample ${rateHz} Hz: 8000 to 192000 Hz are possible.`);
      }
    }
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / divisor;
    this.#down = fromHz / divisor;
    const halfWidth = passbandHalfWidth(fromHz, toHz);
    this.#behind = halfWidth - 1;
    // Where every output lies on an input sample, the window's last sample would have no gain.
    this.delaySamples = this.#up === 1 ? halfWidth - 1 : halfWidth;
    // A multiple of four; the gains of those that are too many are zero.
    this.#taps = Math.ceil((this.#behind + 1 + this.delaySamples) / 4) * 4;
    this.#phases = lowPassPhases(fromHz, toHz, this.#up, halfWidth, this.#taps);
    this.#window = new Float64Array(this.#taps + this.#down + BLOCK_SAMPLES);
    this.reset();
  }

  /** Most samples that `inputSamples` more can bring out. */
  outputLimit(inputSamples: number): number {
    return Math.ceil((inputSamples * this.#up) / this.#down) + 1;
  }

  /** Takes `input[offset … offset + length)`, writes to `into[intoOffset …]`, returns the number of samples written. */
  convert(
    input: Samples,
    offset: number,
    length: number,
    into: Samples,
    intoOffset: number,
  ): number {
    let written = 0;
    for (let taken = 0; taken < length; taken += BLOCK_SAMPLES) {
      const block = Math.min(BLOCK_SAMPLES, length - taken);
      for (let index = 0; index < block; index++) {
        this.#window[this.#held + index] = input[offset + taken + index]!;
      }
      this.#held += block;
      written += this.#convertHeld(into, intoOffset + written);
      this.#forget();
    }
    return written;
  }

  /** Forgets the past: the next sample begins a new stream. */
  reset(): void {
    this.restore({});
  }

  snapshot(): ResamplerSnapshot {
    const held = this.#window.slice(0, this.#held);
    return { held, next: this.#next, phase: this.#phase };
  }

  /** Takes the state of a resampler between the same rates. */
  restore(snapshot: ResamplerSnapshot): void {
    this.#window.fill(0);
    if (snapshot.held !== undefined) this.#window.set(snapshot.held);
    this.#held = snapshot.held?.length ?? this.#behind;
    this.#next = snapshot.next ?? this.#behind;
    this.#phase = snapshot.phase ?? 0;
  }

  #convertHeld(into: Samples, intoOffset: number): number {
    const isInteger = into instanceof Int16Array;
    const taps = this.#taps;
    const phases = this.#phases;
    const window = this.#window;
    let written = 0;
    while (this.#next + this.delaySamples < this.#held) {
      const first = this.#next - this.#behind;
      const gains = this.#phase * taps;
      // Four sums, because each addition would wait for the one before.
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let k = 0; k < taps; k += 4) {
        sum0 += phases[gains + k]! * window[first + k]!;
        sum1 += phases[gains + k + 1]! * window[first + k + 1]!;
        sum2 += phases[gains + k + 2]! * window[first + k + 2]!;
        sum3 += phases[gains + k + 3]! * window[first + k + 3]!;
      }
      const sum = sum0 + sum1 + (sum2 + sum3);
      into[intoOffset + written] = isInteger ? toInt16(sum) : sum;
      written++;
      this.#phase += this.#down;
      while (this.#phase >= this.#up) {
        this.#phase -= this.#up;
        this.#next++;
      }
    }
    return written;
  }

  /** Drops what no output needs any more. */
  #forget(): void {
    const gone = Math.min(this.#held, this.#next - this.#behind);
    this.#window.copyWithin(0, gone, this.#held);
    this.#held -= gone;
    this.#next -= gone;
  }
}

function toInt16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
