// The Durable Object that scores with an ONNX model: one shard of the pool behind the scorer `onnx`.

import { DurableObject } from 'cloudflare:workers';
import type { InferenceSession } from 'onnxruntime-web/wasm';
import type { ScorerShard } from '../../durable-objects/runtime/scoring-session.ts';
import type { OnnxModel } from './model.ts';
import { ModelSession } from './model-session.ts';
import { loadModel } from './runtime.ts';

/** Makes the class for a model, which is loaded with an isolate's first session and serves all of its shards. */
export function onnxShard(model: OnnxModel) {
  let loading: Promise<InferenceSession> | undefined;

  return class OnnxShard extends DurableObject implements ScorerShard {
    async open(): Promise<ModelSession> {
      loading ??= loadModel(model.file);
      try {
        return new ModelSession(model, await loading);
      } catch (fault) {
        loading = undefined;
        throw fault;
      }
    }
  };
}
