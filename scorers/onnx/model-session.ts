// A session of a model in onnxruntime, as conversations ask it over RPC.

import { RpcTarget } from 'cloudflare:workers';
import type { InferenceSession } from 'onnxruntime-web/wasm';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import type { Scores, ScoringSession } from '../../durable-objects/runtime/scoring-session.ts';
import type { OnnxModel } from './model.ts';

const FULL_SCALE = 32_768;

/** Any number of streams may share one. */
export class ModelSession extends RpcTarget implements ScoringSession {
  readonly #model: OnnxModel;
  readonly #inference: InferenceSession;

  constructor(model: OnnxModel, inference: InferenceSession) {
    super();
    this.#model = model;
    this.#inference = inference;
  }

  async score(windows: Int16Array, before: Float32Array): Promise<Scores> {
    const { stateFloats } = this.#model;
    const state = new Float32Array(stateFloats);
    if (before.length === stateFloats) state.set(before);
    const probabilities = new Float32Array(windows.length / WINDOW_SAMPLES);
    for (let index = 0; index < probabilities.length; index++) {
      const from = index * WINDOW_SAMPLES;
      const samples = windows.subarray(from, from + WINDOW_SAMPLES);
      const window = Float32Array.from(samples, (sample) => sample / FULL_SCALE);
      const outputs = await this.#inference.run(this.#model.inputs(window, state));
      probabilities[index] = this.#model.read(outputs, window, state);
    }
    return { probabilities, state };
  }
}
