// Reads marked audio: which speech it is, from where to where, and what lies between.

import { readMark } from '../watermark.ts';

/** Hears what a reader finds, in order. */
export interface MarkListener {
  /** Samples [from, to) of a speech, as they were marked. */
  run(speech: number, from: number, to: number): void;
  /** So many zeros that nothing says were a pause. */
  silence(count: number): void;
  /** So many samples that are not as any speech has them: faded, or broken. */
  noise(count: number): void;
}

/** Samples needed to find out where a speech is. */
const SYNC_SAMPLES = 4;

/** The samples of a speech by its number; undefined when there is none. */
export type Speeches = (speech: number) => Int16Array | undefined;

export class MarkReader {
  readonly #speeches: Speeches;
  readonly #listener: MarkListener;
  #speech = 0;
  /** The samples of that speech, and the one expected next. */
  #samples: Int16Array | undefined;
  #offset = 0;

  constructor(speeches: Speeches, listener: MarkListener) {
    this.#speeches = speeches;
    this.#listener = listener;
  }

  read(samples: Int16Array, length: number): void {
    let index = 0;
    while (index < length) {
      if (this.#isExpected(samples, index, length)) index += this.#readRun(samples, index, length);
      else if (samples[index] === 0) index += this.#readSilence(samples, index, length);
      else if (!this.#sync(samples, index, length)) {
        // One sample alone may look as expected by chance.
        this.#samples = undefined;
        this.#listener.noise(1);
        index++;
      }
    }
  }

  /** One sample alone may be as expected by chance: every other one of a speech is alike. */
  #isExpected(samples: Int16Array, index: number, length: number): boolean {
    const speech = this.#samples;
    if (speech === undefined || speech[this.#offset] !== samples[index]) return false;
    const isAlone = index + 1 >= length || this.#offset + 1 >= speech.length;
    return isAlone || speech[this.#offset + 1] === samples[index + 1];
  }

  #readRun(samples: Int16Array, index: number, length: number): number {
    const speech = this.#samples!;
    const from = this.#offset;
    let to = from;
    let at = index;
    while (at < length && to < speech.length && samples[at] === speech[to]) {
      at++;
      to++;
    }
    this.#offset = to;
    this.#listener.run(this.#speech, from, to);
    return at - index;
  }

  #readSilence(samples: Int16Array, index: number, length: number): number {
    let at = index;
    while (at < length && samples[at] === 0) at++;
    this.#listener.silence(at - index);
    return at - index;
  }

  /** Finds out which speech goes on here; false when it cannot be told. */
  #sync(samples: Int16Array, index: number, length: number): boolean {
    if (index + SYNC_SAMPLES > length) return false;
    const mark = readMark(samples, index);
    if (mark < 0) return false;
    const speech = Math.floor(mark / 2 ** 32);
    const offset = mark % 2 ** 32;
    const marked = this.#speeches(speech);
    if (marked === undefined) return false;
    for (let ahead = 0; ahead < SYNC_SAMPLES; ahead++)
      if (marked[offset + ahead] !== samples[index + ahead]) return false;
    this.#speech = speech;
    this.#samples = marked;
    this.#offset = offset;
    return true;
  }
}
