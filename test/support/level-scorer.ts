// A scorer for tests: a window is speech when it is loud, so that a test writes its own scores by writing samples.

import type { ScoreListener, Scorer } from '../../core/voice/scorer.ts';

/** Mean magnitude above which a window is speech. */
const LOUD = 500;

export class LevelScorer implements Scorer {
  readonly name = 'level';
  readonly unitsPerWindow: number;
  readonly #listener: ScoreListener;

  constructor(listener: ScoreListener, unitsPerWindow = 1) {
    this.#listener = listener;
    this.unitsPerWindow = unitsPerWindow;
  }

  submit(index: number, window: Int16Array): void {
    let sum = 0;
    for (const sample of window) sum += Math.abs(sample);
    this.#listener.onScore(index, sum / window.length > LOUD ? 0.95 : 0.02);
  }

  reset(): void {}

  snapshot(): Float32Array {
    return new Float32Array(0);
  }

  restore(): void {}
}
