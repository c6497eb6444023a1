// Reads received speech in order, and makes it last longer while little of it is left: slower speech, longer pauses.

import { TimeStretch } from '../../core/jitter/time-stretch.ts';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import type { SampleRing } from '../../core/media/sample-ring.ts';
import { msToSamples } from '../../core/media/units.ts';
import { PauseLoop } from './pause-loop.ts';

/** Output gained for each sample of content: with what was saved up, a second still holds 0.8 s of speech. */
const GAIN = 0.2;

/** As much may be saved up for when it is needed. */
const MOST_SAVED_SAMPLES = msToSamples(40, ENGINE_RATE_HZ);

/** The most that a span of 30 ms may gain: a period of the deepest voice that is common. */
const MOST_ADDED_SAMPLES = msToSamples(12.5, ENGINE_RATE_HZ);

/** Content played for each sample gained before the next span is stretched: a rate of 0.75 from span to span. */
const CONTENT_PER_GAIN = 3;

/** A sender that is ahead has stalled when nothing has come for so long. */
const STALLED_SAMPLES = msToSamples(40, ENGINE_RATE_HZ);

/**
 * The playhead: `position` is the line position of the next sample to be heard. Where speech is stretched, by whole
 * pitch periods, the position moves evenly through it; in a pause that is held it stands still. Nothing is allocated
 * after construction.
 */
export class ElasticReader {
  position = 0;
  /** Output given beyond the content it stood for. */
  stretchSamples = 0;
  readonly #ring: SampleRing;
  readonly #lowWaterSamples: number;
  readonly #stretch = new TimeStretch(ENGINE_RATE_HZ);
  readonly #span = new Int16Array(this.#stretch.spanSamples);
  readonly #block = new Int16Array(this.#stretch.spanSamples + MOST_ADDED_SAMPLES);
  readonly #pause = new PauseLoop();
  /** Output that may still be gained; an array keeps the fraction without a box. */
  readonly #savedSamples = new Float64Array([MOST_SAVED_SAMPLES]);
  /** The block stands for the content from here on, as long as a span. */
  #blockPosition = 0;
  #blockSamples = 0;
  #blockRead = 0;
  /** No span before this position is stretched. */
  #nextSpanPosition = 0;
  /** Where content ended when it was read last, and the output given since that has changed. */
  #knownEnd = 0;
  #sinceArrivalSamples = 0;

  /** With less than `lowWaterSamples` of content ahead speech becomes longer; 0 for never. */
  constructor(ring: SampleRing, lowWaterSamples: number) {
    this.#ring = ring;
    this.#lowWaterSamples = lowWaterSamples;
  }

  /** The next sample is the one at this line position. */
  seek(position: number): void {
    this.position = position;
    this.#blockRead = this.#blockSamples;
    this.#nextSpanPosition = position;
    this.#pause.leave();
    this.#sinceArrivalSamples = 0;
  }

  /**
   * Gives up to `length` samples of the content before line position `end` and returns how many there were.
   * `isMoreExpected`: speech goes on after `end`, and it is not known when that comes.
   */
  read(
    end: number,
    isMoreExpected: boolean,
    into: Int16Array,
    offset: number,
    length: number,
  ): number {
    const from = this.position;
    if (end !== this.#knownEnd) this.#sinceArrivalSamples = 0;
    this.#knownEnd = end;
    const isStalled = isMoreExpected && this.#sinceArrivalSamples >= STALLED_SAMPLES;
    if (this.#pause.isHeld && !isStalled) this.position += this.#pause.leave();
    let given = 0;
    while (given < length && this.position < end) {
      if (this.#isBetweenBlocks && isMoreExpected && this.#isLow(end)) this.#stayOn(isStalled);
      const copied = this.#readSome(end, into, offset + given, length - given);
      if (copied === 0) break;
      given += copied;
    }
    this.#sinceArrivalSamples += given;
    this.stretchSamples += given - (this.position - from);
    return given;
  }

  get #isBetweenBlocks(): boolean {
    return this.#blockRead === this.#blockSamples && !this.#pause.isHeld;
  }

  #isLow(end: number): boolean {
    return end - this.position < this.#lowWaterSamples;
  }

  #readSome(end: number, into: Int16Array, offset: number, length: number): number {
    if (this.#pause.isHeld) {
      this.#pause.read(into, offset, length);
      return length;
    }
    if (this.#blockRead < this.#blockSamples) return this.#readBlock(into, offset, length);
    const wanted = Math.min(length, end - this.position);
    const copied = this.#ring.copyTo(this.position, into, offset, wanted);
    this.#pause.heard(into, offset, copied);
    this.position += copied;
    this.#save(copied);
    return copied;
  }

  #readBlock(into: Int16Array, offset: number, length: number): number {
    const copied = Math.min(length, this.#blockSamples - this.#blockRead);
    for (let index = 0; index < copied; index++)
      into[offset + index] = this.#block[this.#blockRead + index]!;
    this.#pause.heard(into, offset, copied);
    this.#blockRead += copied;
    const played = (this.#blockRead * this.#span.length) / this.#blockSamples;
    this.position = this.#blockPosition + Math.floor(played);
    return copied;
  }

  /** Holds a pause that begins here if nothing comes any more, else stretches the next span. */
  #stayOn(isStalled: boolean): void {
    if (isStalled && this.#pause.hold(this.#ring, this.position)) return;
    const { length } = this.#span;
    if (this.position < this.#nextSpanPosition) return;
    if (this.#ring.copyTo(this.position, this.#span, 0, length) < length) return;
    const mostAdded = Math.min(MOST_ADDED_SAMPLES, Math.floor(this.#savedSamples[0]!));
    this.#blockPosition = this.position;
    this.#blockSamples = this.#stretch.lengthen(this.#span, 0, length, mostAdded, this.#block, 0);
    this.#blockRead = 0;
    const gained = this.#blockSamples - length;
    this.#nextSpanPosition = this.position + CONTENT_PER_GAIN * gained;
    this.#savedSamples[0]! -= gained;
    this.#save(length);
  }

  #save(contentSamples: number): void {
    const saved = this.#savedSamples[0]! + GAIN * contentSamples;
    this.#savedSamples[0] = Math.min(MOST_SAVED_SAMPLES, saved);
  }
}
