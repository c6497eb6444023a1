// Rate conversion between 8 and 16 kHz by a half-band filter, in chunks of any size.

import { SlidingWindow } from './sliding-window.ts';

/** Taps on each side of the centre that are not zero: those at odd distances, 1 … 31 (63 taps in all). */
const SIDE_TAPS = 16;

/** Samples that the taps of both sides cover. */
const WINDOW_SAMPLES = 2 * SIDE_TAPS;

/** Attenuation that the Kaiser window is shaped for; 63 taps reach it over a transition of 3.4 … 4.6 kHz. */
const STOPBAND_DB = 74;

/** `TAPS[k]`: gain of the samples at distance 2k + 1 on either side of the centre. */
const TAPS = kaiserHalfBand();

/** State of a converter. */
export interface HalfBandSnapshot {
  readonly waiting?: number | undefined;
  readonly evens?: Int16Array | undefined;
  readonly odds?: Int16Array | undefined;
}

/**
 * 8 → 16 kHz: sample n of the input is sample 2n of the output, bit for bit; those between are interpolated.
 * A sample comes out when DELAY_SAMPLES (2 ms) later ones are in: of n samples, 2 · max(0, n − DELAY_SAMPLES) come out.
 */
export class HalfBandUpsampler {
  static readonly DELAY_SAMPLES = SIDE_TAPS;

  readonly #evens = new SlidingWindow(WINDOW_SAMPLES);
  /** Samples still to come before the first one goes out. */
  #waiting = HalfBandUpsampler.DELAY_SAMPLES;

  /** Takes `input[offset … offset + length)`, writes to `into[intoOffset …]`, returns the number of samples written. */
  convert(
    input: Int16Array,
    offset: number,
    length: number,
    into: Int16Array,
    intoOffset: number,
  ): number {
    let written = 0;
    for (let index = offset; index < offset + length; index++) {
      this.#evens.push(input[index]!);
      if (this.#waiting > 0) {
        this.#waiting--;
        continue;
      }
      into[intoOffset + written] = this.#evens.at(SIDE_TAPS - 1);
      into[intoOffset + written + 1] = toInt16(2 * this.#evens.symmetricSum(TAPS));
      written += 2;
    }
    return written;
  }

  /** Forgets the past: the next sample begins a new stream. */
  reset(): void {
    this.restore({});
  }

  snapshot(): HalfBandSnapshot {
    return { waiting: this.#waiting, evens: this.#evens.snapshot() };
  }

  restore(snapshot: HalfBandSnapshot): void {
    this.#waiting = snapshot.waiting ?? HalfBandUpsampler.DELAY_SAMPLES;
    this.#evens.restore(snapshot.evens ?? NOTHING);
  }
}

/**
 * 16 → 8 kHz: sample 2n of the input, without what 8 kHz cannot carry, is sample n of the output.
 * A sample comes out when DELAY_SAMPLES (not quite 2 ms) later ones are in: of n samples,
 * max(0, ⌊(n − DELAY_SAMPLES + 1) / 2⌋) come out. A chunk may have any length, odd ones too.
 */
export class HalfBandDecimator {
  static readonly DELAY_SAMPLES = WINDOW_SAMPLES - 1;

  readonly #evens = new SlidingWindow(WINDOW_SAMPLES);
  readonly #odds = new SlidingWindow(WINDOW_SAMPLES);
  /** Samples still to come before the next one goes out. */
  #waiting = HalfBandDecimator.DELAY_SAMPLES;

  /** Takes `input[offset … offset + length)`, writes to `into[intoOffset …]`, returns the number of samples written. */
  convert(
    input: Int16Array,
    offset: number,
    length: number,
    into: Int16Array,
    intoOffset: number,
  ): number {
    let written = 0;
    for (let index = offset; index < offset + length; index++) {
      // DELAY_SAMPLES is odd, and so an odd number is waited for exactly before a sample at an even position.
      const even = this.#waiting % 2 === 1;
      (even ? this.#evens : this.#odds).push(input[index]!);
      if (this.#waiting > 0) {
        this.#waiting--;
        continue;
      }
      into[intoOffset + written] = toInt16(
        0.5 * this.#evens.at(SIDE_TAPS) + this.#odds.symmetricSum(TAPS),
      );
      this.#waiting = 1;
      written++;
    }
    return written;
  }

  /** Forgets the past: the next sample begins a new stream. */
  reset(): void {
    this.restore({});
  }

  snapshot(): HalfBandSnapshot {
    return { waiting: this.#waiting, evens: this.#evens.snapshot(), odds: this.#odds.snapshot() };
  }

  restore(snapshot: HalfBandSnapshot): void {
    this.#waiting = snapshot.waiting ?? HalfBandDecimator.DELAY_SAMPLES;
    this.#evens.restore(snapshot.evens ?? NOTHING);
    this.#odds.restore(snapshot.odds ?? NOTHING);
  }
}

const NOTHING = new Int16Array(0);

function toInt16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

/**
 * Windowed sinc, cut off at a quarter of the higher rate (Kaiser 1974: β = 0.1102 · (A − 8.7)), scaled so that both
 * sides together sum to 1/2, as much as the centre tap: a constant stays the same constant.
 */
function kaiserHalfBand(): Float64Array {
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  const taps = Float64Array.from({ length: SIDE_TAPS }, (_, k) => {
    const distance = 2 * k + 1;
    const sinc = (k % 2 === 0 ? 1 : -1) / (Math.PI * distance);
    return sinc * besselI0(beta * Math.sqrt(1 - (distance / WINDOW_SAMPLES) ** 2));
  });
  const bothSides = 2 * taps.reduce((sum, tap) => sum + tap);
  return taps.map((tap) => tap / (2 * bothSides));
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
