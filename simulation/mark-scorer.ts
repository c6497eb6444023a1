// A scorer whose scores are known: a window is speech when most of it is marked audio.

import { type ScoreListener, type Scorer, WINDOW_SAMPLES } from '../core/voice/scorer.ts';

/** Samples looked at in a window: marked audio has no zeros, silence nothing else. */
const PROBES = 16;

export class MarkScorer implements Scorer {
  readonly name = 'marks';
  readonly unitsPerWindow = 1;
  readonly #listener: ScoreListener;

  constructor(listener: ScoreListener) {
    this.#listener = listener;
  }

  submit(index: number, window: Int16Array): void {
    let loud = 0;
    for (let at = 0; at < WINDOW_SAMPLES; at += WINDOW_SAMPLES / PROBES)
      if (window[at] !== 0) loud++;
    this.#listener.onScore(index, loud > PROBES / 2 ? 0.95 : 0.02);
  }

  reset(): void {}

  snapshot(): Float32Array {
    return new Float32Array(0);
  }

  restore(): void {}
}
