// Scores a conversation's windows with the neural VAD kernel that the whole isolate shares.

import type { ScoreListener, Scorer } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS, VAD_UNITS_PER_WINDOW, type VadKernel } from './vad-kernel.ts';

/** Answers inside `submit`. The stream's state lies here, outside the kernel: 1,280 bytes. */
export class KernelScorer implements Scorer {
  readonly name: string = 'kernel';
  readonly unitsPerWindow = VAD_UNITS_PER_WINDOW;
  readonly #kernel: VadKernel;
  readonly #listener: ScoreListener;
  readonly #state = new Float32Array(VAD_STATE_FLOATS);

  constructor(kernel: VadKernel, listener: ScoreListener) {
    this.#kernel = kernel;
    this.#listener = listener;
  }

  submit(index: number, window: Int16Array): void {
    this.#listener.onScore(index, this.#kernel.score(window, 0, this.#state));
  }

  reset(): void {
    this.#state.fill(0);
  }

  snapshot(): Float32Array {
    return this.#state.slice();
  }

  restore(state: Float32Array): void {
    if (state.length === this.#state.length) this.#state.set(state);
    else this.reset();
  }
}
