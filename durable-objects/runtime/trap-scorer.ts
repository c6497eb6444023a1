// The naive way, for demonstrations in development: a model too slow for its audio, called in the message handler.

import type { ScoreListener } from '../../core/voice/scorer.ts';
import { KernelScorer } from './kernel-scorer.ts';
import { VAD_STATE_FLOATS, type VadKernel } from './vad-kernel.ts';

/** Each window of 32 ms costs more than it lasts, so the audio falls behind for good. */
const CALL_MS = 35;

/** Bounds the work where the clock stands still during computation. */
const ROUNDS_MAX = 5000;

/**
 * The kernel's scores, after as many rounds of the same network as fit into CALL_MS. It declares no more than the kernel:
 * the naive way does not count its work, so no budget can keep it from harm.
 */
export class TrapScorer extends KernelScorer {
  override readonly name = 'trap';
  readonly #kernel: VadKernel;
  readonly #begins: () => void;
  readonly #scratch = new Float32Array(VAD_STATE_FLOATS);

  /** `begins` is called at the head of every call, so that a warning can name what kept the isolate. */
  constructor(kernel: VadKernel, listener: ScoreListener, begins: () => void) {
    super(kernel, listener);
    this.#kernel = kernel;
    this.#begins = begins;
  }

  override submit(index: number, window: Int16Array): void {
    this.#begins();
    const endMs = Date.now() + CALL_MS;
    for (let round = 0; round < ROUNDS_MAX && Date.now() < endMs; round++) {
      this.#kernel.score(window, 0, this.#scratch);
    }
    super.submit(index, window);
  }
}
