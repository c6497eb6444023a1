// Keeps the caller's audio of the open turn, by absolute position, in memory that is given back between turns.

const EMPTY = new Int16Array(0);
/** First allocation: two seconds at 16 kHz; it doubles from there. */
const FIRST_CAPACITY_SAMPLES = 32_000;

/** State of a TurnAudio. */
export interface TurnAudioSnapshot {
  readonly startSample: number;
  readonly samples: Int16Array;
}

/** One contiguous stretch of audio. Audio beyond `capacitySamples` is not kept. */
export class TurnAudio {
  readonly #capacitySamples: number;
  #startSample = 0;
  #length = 0;
  #samples = EMPTY;

  constructor(capacitySamples: number) {
    this.#capacitySamples = capacitySamples;
  }

  /** Position after the last sample kept. */
  get endSample(): number {
    return this.#startSample + this.#length;
  }

  /** Appends samples at an absolute position at or after the end; what lies between is silence. The array is copied. */
  append(fromSample: number, samples: Int16Array): void {
    if (this.#length === 0) this.#startSample = fromSample;
    const offset = fromSample - this.#startSample;
    const room = this.#capacitySamples - offset;
    if (room <= 0) return;
    const kept = samples.length <= room ? samples : samples.subarray(0, room);
    this.#reserve(offset + kept.length);
    this.#samples.fill(0, this.#length, offset);
    this.#samples.set(kept, offset);
    this.#length = offset + kept.length;
  }

  /** A view of the kept part of [fromSample, toSample), valid until the next call. */
  between(fromSample: number, toSample: number): Int16Array {
    const from = Math.max(0, fromSample - this.#startSample);
    const to = Math.min(this.#length, toSample - this.#startSample);
    return this.#samples.subarray(from, Math.max(from, to));
  }

  /** Forgets everything before a position, and the memory with it. */
  dropBefore(sample: number): void {
    const rest = this.between(sample, this.endSample).slice();
    this.#startSample = Math.max(sample, this.#startSample);
    this.#length = rest.length;
    this.#samples = rest;
  }

  snapshot(): TurnAudioSnapshot {
    return { startSample: this.#startSample, samples: this.#samples.slice(0, this.#length) };
  }

  restore(snapshot: TurnAudioSnapshot): void {
    this.#startSample = snapshot.startSample;
    this.#samples = snapshot.samples.slice();
    this.#length = snapshot.samples.length;
  }

  #reserve(length: number): void {
    if (length <= this.#samples.length) return;
    const doubled = Math.max(FIRST_CAPACITY_SAMPLES, 2 * this.#samples.length, length);
    const grown = new Int16Array(Math.min(this.#capacitySamples, doubled));
    grown.set(this.#samples.subarray(0, this.#length));
    this.#samples = grown;
  }
}
