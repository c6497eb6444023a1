// The Durable Object that scores for conversations elsewhere, with the VAD kernel of its own isolate.

import { DurableObject, RpcTarget } from 'cloudflare:workers';
import { WINDOW_SAMPLES } from '../core/voice/scorer.ts';
import type { ScorerShard, Scores, ScoringSession } from './runtime/scoring-session.ts';
import { VAD_STATE_FLOATS, type VadKernel } from './runtime/vad-kernel.ts';
import { isolateVadKernel } from './runtime/vad-module.ts';

/** One shard of the pool behind the scorer `remote`. It stores nothing, so losing it loses nothing. */
export class VadShard extends DurableObject<Env> implements ScorerShard {
  open(): KernelSession {
    return new KernelSession(isolateVadKernel());
  }
}

/** A session of the kernel; any number of streams may share one. */
class KernelSession extends RpcTarget implements ScoringSession {
  readonly #kernel: VadKernel;

  constructor(kernel: VadKernel) {
    super();
    this.#kernel = kernel;
  }

  score(windows: Int16Array, before: Float32Array): Scores {
    const state = new Float32Array(VAD_STATE_FLOATS);
    if (before.length === VAD_STATE_FLOATS) state.set(before);
    const probabilities = new Float32Array(windows.length / WINDOW_SAMPLES);
    for (let index = 0; index < probabilities.length; index++) {
      probabilities[index] = this.#kernel.score(windows, index * WINDOW_SAMPLES, state);
    }
    return { probabilities, state };
  }
}
