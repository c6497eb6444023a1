// Stands in for audio that is missing: the voice goes on at its pitch, fades, and gives way to the background noise.

import { msToSamples } from '../media/units.ts';
import { ComfortNoise } from './comfort-noise.ts';
import { ConcealmentPast } from './concealment-past.ts';
import { ConcealmentVoice } from './concealment-voice.ts';
import { PitchAlignment } from './pitch-alignment.ts';
import { toSample } from './pitch-fade.ts';

/** The voice has half its amplitude (−6 dB) after the first, and is gone after the second. */
const HALF_MS = 50;
const GONE_MS = 110;

const BACKGROUND_SEED = 2;

/** Over so much of the returning audio the concealment goes out, … */
const MERGE_MS = 10;

/** … and by so much of it, at most, the voice is hurried or held back to come into phase: a quarter faster or slower. */
const WARP_SHARE = 1 / 8;

/**
 * Tell it what is `played`; `conceal` what is missing; `merge` the first audio that comes back. Nothing is allocated
 * after construction, and the same calls give the same samples on every engine.
 */
export class Concealment {
  readonly #past: ConcealmentPast;
  readonly #voice: ConcealmentVoice;
  readonly #comfort: ComfortNoise;
  readonly #alignment: PitchAlignment;
  /** Scratch: the end of the past, and the periods to come. */
  readonly #end: Int16Array;
  readonly #ahead: Int16Array;
  /** What is made at once, 10 ms at most: all of it, and the voice in it. */
  readonly #block: Float64Array;
  readonly #voiceBlock: Float64Array;
  readonly #mergeSamples: number;
  readonly #halfSamples: number;
  readonly #goneSamples: number;
  #active = false;
  /** Samples concealed since audio was last played. */
  #elapsed = 0;

  /** `rateHz` from 8000 to 48000. */
  constructor(rateHz: number) {
    this.#past = new ConcealmentPast(rateHz);
    this.#mergeSamples = msToSamples(MERGE_MS, rateHz);
    this.#voice = new ConcealmentVoice(rateHz, this.#mergeSamples);
    this.#block = new Float64Array(this.#mergeSamples);
    this.#voiceBlock = new Float64Array(this.#mergeSamples);
    this.#comfort = new ComfortNoise(rateHz, this.#past.blockSamples, BACKGROUND_SEED);
    this.#alignment = new PitchAlignment(rateHz);
    this.#halfSamples = msToSamples(HALF_MS, rateHz);
    this.#goneSamples = msToSamples(GONE_MS, rateHz);
    this.#end = new Int16Array(this.#past.lengthSamples);
    this.#ahead = new Int16Array(this.#voice.longestPeriod + this.#mergeSamples);
  }

  /** Whether the last samples were concealed, so that audio that comes now needs `merge`. */
  get active(): boolean {
    return this.#active;
  }

  /** Whether the voice is gone and only the background is left (W3C silentConcealedSamples). */
  get silent(): boolean {
    return this.#active && this.#elapsed >= this.#goneSamples;
  }

  /** Remembers audio that was played, stretched and merged as it was; not what `conceal` has made, which it knows. */
  played(samples: Int16Array, offset: number, length: number): void {
    this.#past.append(samples, offset, length);
  }

  /** Samples played and concealed until now, or 40 ms when there are more: so much is remembered. */
  get pastSamples(): number {
    return this.#past.knownSamples;
  }

  /** Copies the last `length` of them. */
  copyPast(into: Int16Array, length: number): void {
    this.#past.copyTo(into, length);
  }

  /** The next `length` samples to stand in for missing audio; goes on until `merge`. */
  conceal(into: Int16Array, offset: number, length: number): void {
    if (!this.#active) this.#begin();
    let written = 0;
    while (written < length) {
      const part = Math.min(this.#block.length, length - written);
      this.#render(part, 0);
      const at = offset + written;
      for (let index = 0; index < part; index++) into[at + index] = toSample(this.#block[index]!);
      written += part;
    }
    this.#past.appendMadeUp(into, offset, length);
  }

  /**
   * How many more samples to `conceal`, less than a period, until the voice is in phase with the audio that is back in
   * `samples[offset … offset + length)`: where time is not pressing this makes the smoothest join. 0 when it does not
   * matter.
   */
  alignment(samples: Int16Array, offset: number, length: number): number {
    if (!this.#isPeriodic) return 0;
    const window = Math.min(length, this.#mergeSamples);
    this.#voice.copyPeriods(this.#elapsed, this.#ahead, this.#voice.period + window);
    this.#alignment.find(this.#ahead, this.#voice.period, samples, offset, window);
    return this.#alignment.shift;
  }

  /**
   * The first audio after concealment, changed in place over up to 10 ms so that it joins without a jump, and in phase
   * where the voice is less than an eighth of that away. Call it before `played`.
   */
  merge(samples: Int16Array, offset: number, length: number): void {
    if (!this.#active) return;
    const window = Math.min(length, this.#mergeSamples);
    const shift = this.#isPeriodic ? this.#bestShift(samples, offset, window) : 0;
    const alike = this.#isPeriodic ? Math.max(0, this.#alignment.likeness) : 0;
    this.#render(window, shift);
    for (let index = 0; index < window; index++) {
      const rising = (index + 1) / (window + 1);
      const falling = 1 - rising;
      const power = rising * rising + falling * falling + 2 * alike * rising * falling;
      const at = offset + index;
      const mixed = rising * samples[at]! + falling * this.#block[index]!;
      samples[at] = toSample(mixed / Math.sqrt(power));
    }
    this.#active = false;
  }

  /** What comes next follows on silence: nothing is merged with it, and no voice of before goes on. */
  rest(): void {
    this.#active = false;
    this.#past.fallSilent();
  }

  get #isPeriodic(): boolean {
    return this.#active && this.#elapsed < this.#goneSamples && this.#voice.isPeriodic;
  }

  #begin(): void {
    this.#past.copyTo(this.#end, this.#end.length);
    this.#voice.takeUp(this.#end);
    this.#comfort.learn(this.#past.quietest, 0, this.#past.blockSamples);
    this.#active = true;
    this.#elapsed = 0;
  }

  /** Puts the next `length` samples into `#block`; see ConcealmentVoice for `shift`. */
  #render(length: number, shift: number): void {
    const start = this.#elapsed;
    const block = this.#block;
    this.#elapsed += length;
    this.#comfort.fill(block, length);
    if (start >= this.#goneSamples) return;
    this.#voice.fill(this.#voiceBlock, start, length, shift);
    for (let index = 0; index < length; index++) {
      const elapsed = start + index;
      const left =
        Math.max(0, this.#goneSamples - elapsed) / (this.#goneSamples - this.#halfSamples);
      const gain =
        elapsed < this.#halfSamples ? 1 - (0.5 * elapsed) / this.#halfSamples : 0.5 * left;
      block[index] = gain * this.#voiceBlock[index]! + Math.sqrt(1 - gain * gain) * block[index]!;
    }
  }

  /** How much further on the voice would be in phase; negative when it is ahead. */
  #bestShift(samples: Int16Array, offset: number, window: number): number {
    const reach = Math.min(Math.floor(window * WARP_SHARE), this.#voice.period >> 1);
    this.#voice.copyPeriods(this.#elapsed - reach, this.#ahead, 2 * reach + window);
    this.#alignment.find(this.#ahead, 2 * reach + 1, samples, offset, window);
    return this.#alignment.shift - reach;
  }
}
