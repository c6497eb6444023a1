// Windows that wait for an answer from elsewhere, in order, each with what the energy scorer makes of it.

import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

/** Room for four seconds: 131 KB of a conversation's memory. A power of two. */
export const OWED_WINDOWS = 128;
const MASK = OWED_WINDOWS - 1;

/** A score on its way to its listener. */
export interface Answer {
  readonly index: number;
  readonly probability: number;
}

/** A queue without holes; allocates only when windows leave it. */
export class OwedWindows {
  readonly #samples = new Int16Array(OWED_WINDOWS * WINDOW_SAMPLES);
  readonly #indices = new Float64Array(OWED_WINDOWS);
  readonly #fallbacks = new Float32Array(OWED_WINDOWS);
  /** The state that a window begins with, null where it goes on from the window before. */
  readonly #begins: (Float32Array | null)[] = new Array(OWED_WINDOWS).fill(null);
  #head = 0;
  #tail = 0;

  get count(): number {
    return this.#tail - this.#head;
  }

  get full(): boolean {
    return this.count === OWED_WINDOWS;
  }

  /** Appends a window, there must be room; the samples are copied. */
  push(index: number, window: Int16Array, fallback: number, begins: Float32Array | null): void {
    const slot = this.#tail & MASK;
    this.#samples.set(window, slot * WINDOW_SAMPLES);
    this.#indices[slot] = index;
    this.#fallbacks[slot] = fallback;
    this.#begins[slot] = begins;
    this.#tail++;
  }

  /** The state that the oldest window begins with, null where it goes on. */
  get begins(): Float32Array | null {
    return this.#begins[this.#head & MASK] ?? null;
  }

  /** How many of the oldest windows go on from one another, `most` at most. */
  run(most: number): number {
    let length = Math.min(1, this.count);
    while (length < Math.min(most, this.count)) {
      if (this.#begins[(this.#head + length) & MASK] !== null) break;
      length++;
    }
    return length;
  }

  /** A copy of the oldest `count` windows, end to end. */
  samples(count: number): Int16Array {
    const copy = new Int16Array(count * WINDOW_SAMPLES);
    for (let ahead = 0; ahead < count; ahead++) {
      const from = ((this.#head + ahead) & MASK) * WINDOW_SAMPLES;
      copy.set(this.#samples.subarray(from, from + WINDOW_SAMPLES), ahead * WINDOW_SAMPLES);
    }
    return copy;
  }

  /** Takes the oldest windows out, with these probabilities. */
  answer(probabilities: Float32Array): Answer[] {
    return Array.from(probabilities, (probability) => ({ index: this.#shift(), probability }));
  }

  /** Takes all windows out, with the energy scorer's probabilities. */
  giveUp(): Answer[] {
    return Array.from({ length: this.count }, () => {
      const probability = this.#fallbacks[this.#head & MASK]!;
      return { index: this.#shift(), probability };
    });
  }

  #shift(): number {
    const slot = this.#head & MASK;
    this.#begins[slot] = null;
    this.#head++;
    return this.#indices[slot]!;
  }
}
