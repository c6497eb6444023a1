// Makes speech shorter or longer by whole pitch periods, so that its pitch stays and no seam is heard.

import { fade } from './pitch-fade.ts';
import { PitchSearch } from './pitch-search.ts';

/** Noise that goes on evenly may be cut anywhere: none of the parts of a span has more than this times another's power. */
const EVEN_POWER_RATIO = 8;
const PARTS = 6;

/** Mean square of the steps from sample to sample in what counts as silence: below −60 dB of full scale. */
const SILENCE_POWER = 32 * 32;

/**
 * One operation at a time: `shorten` leaves a stretch out, `lengthen` repeats one. What comes out begins and ends with
 * the very samples that went in, so it joins its neighbours. The same input gives the same output, whatever came
 * before. Nothing is allocated after construction.
 */
export class TimeStretch {
  /** Input needed for one operation, 30 ms. */
  readonly spanSamples: number;
  readonly #search: PitchSearch;

  /** `rateHz` from 8000 to 48000. */
  constructor(rateHz: number) {
    this.#search = new PitchSearch(rateHz);
    this.spanSamples = this.#search.spanSamples;
  }

  /**
   * Copies `samples[offset, offset + length)` into `into` with whole pitch periods left out, at most `maxRemoved`
   * samples; returns the samples written: `length` when nothing similar enough was found. The two must not overlap.
   */
  shorten(
    samples: Int16Array,
    offset: number,
    length: number,
    maxRemoved: number,
    into: Int16Array,
    intoOffset: number,
  ): number {
    if (!this.#findSeam(samples, offset, length, maxRemoved)) {
      copy(samples, offset, into, intoOffset, length);
      return length;
    }
    const { position, window, lag } = this.#search;
    const a = offset + position;
    copy(samples, offset, into, intoOffset, position);
    fade(samples, a, samples, a + lag, window, into, intoOffset + position);
    const done = position + window;
    copy(samples, offset + done + lag, into, intoOffset + done, length - done - lag);
    return length - lag;
  }

  /** The same with pitch periods repeated, at most `maxAdded` samples; room for `length + maxAdded` is needed. */
  lengthen(
    samples: Int16Array,
    offset: number,
    length: number,
    maxAdded: number,
    into: Int16Array,
    intoOffset: number,
  ): number {
    if (!this.#findSeam(samples, offset, length, maxAdded)) {
      copy(samples, offset, into, intoOffset, length);
      return length;
    }
    const { position, window, lag } = this.#search;
    const a = offset + position;
    const seam = position + lag;
    copy(samples, offset, into, intoOffset, seam);
    fade(samples, a + lag, samples, a, window, into, intoOffset + seam);
    const done = position + window;
    copy(samples, offset + done, into, intoOffset + seam + window, length - done);
    return length + lag;
  }

  #findSeam(samples: Int16Array, offset: number, length: number, maximumLag: number): boolean {
    if (length < this.spanSamples || !this.#search.find(samples, offset, maximumLag)) return false;
    return this.#search.isVoiced || this.#isEven(samples, offset);
  }

  #isEven(samples: Int16Array, offset: number): boolean {
    const part = Math.floor(this.spanSamples / PARTS);
    let loudest = 0;
    let quietest = Number.MAX_SAFE_INTEGER;
    for (let index = 0; index < PARTS; index++) {
      const power = stepPower(samples, offset + index * part, part);
      loudest = Math.max(loudest, power);
      quietest = Math.min(quietest, power);
    }
    return loudest <= SILENCE_POWER || loudest <= EVEN_POWER_RATIO * quietest;
  }
}

/** Mean square of the steps: the low frequencies, whose power swings even in even noise, count less. */
function stepPower(samples: Int16Array, offset: number, length: number): number {
  let sum = 0;
  for (let index = offset + 1; index < offset + length; index++) {
    const step = samples[index]! - samples[index - 1]!;
    sum += step * step;
  }
  return sum / (length - 1);
}

function copy(
  from: Int16Array,
  offset: number,
  into: Int16Array,
  intoOffset: number,
  length: number,
): void {
  for (let index = 0; index < length; index++) into[intoOffset + index] = from[offset + index]!;
}
