// Scorers whose scores are known: each window's first sample, in thousandths, is its score.

import { type ScoreListener, type Scorer, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

/** Scores in thousandths as audio that a scripted scorer reads back, `WINDOW_SAMPLES` samples each. */
export function scriptedAudio(thousandths: readonly number[]): Int16Array {
  const samples = new Int16Array(thousandths.length * WINDOW_SAMPLES);
  for (const [index, value] of thousandths.entries()) samples[index * WINDOW_SAMPLES] = value;
  return samples;
}

/** Answers at once, or when told to; keeps copies of all windows. */
export class ScriptedScorer implements Scorer {
  readonly name = 'scripted';
  readonly unitsPerWindow = 3;
  isStandingIn = false;
  readonly windows: Int16Array[] = [];
  readonly indices: number[] = [];
  /** Windows submitted before each reset. */
  readonly resets: number[] = [];
  readonly #listener: ScoreListener;
  readonly #late: boolean;
  readonly #owed: { readonly index: number; readonly probability: number }[] = [];
  #submitted = 0;

  constructor(listener: ScoreListener, late = false) {
    this.#listener = listener;
    this.#late = late;
  }

  get owed(): number {
    return this.#owed.length;
  }

  submit(index: number, window: Int16Array): void {
    this.windows.push(window.slice());
    this.indices.push(index);
    this.#submitted++;
    this.#owed.push({ index, probability: Math.abs(window[0]!) / 1000 });
    if (!this.#late) this.answer(1);
  }

  /** Gives the oldest `count` answers that are owed. */
  answer(count: number): void {
    for (const { index, probability } of this.#owed.splice(0, count)) {
      this.#listener.onScore(index, probability);
    }
  }

  reset(): void {
    this.resets.push(this.windows.length);
    this.#submitted = 0;
  }

  snapshot(): Float32Array {
    return Float32Array.of(this.#submitted);
  }

  restore(state: Float32Array): void {
    this.#submitted = state[0]!;
  }
}
