// The reference: the same model in onnxruntime-web, window by window.

import * as ort from 'onnxruntime-web/wasm';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { readModel } from '../../wasm/weights.ts';
import { paddedToWindows, windowCount } from './window-cells.ts';

/** Samples before a window that the model sees with it. */
const CONTEXT_SAMPLES = 64;
const FULL_SCALE = 32_768;

/** Loads the model; the function scores a recording from its first sample on. */
export async function createOnnxruntimeSource(): Promise<
  (samples: Int16Array) => Promise<Float32Array>
> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readModel(), { executionProviders: ['wasm'] });
  const sr = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
  return async (samples) => {
    const padded = Float32Array.from(paddedToWindows(samples), (sample) => sample / FULL_SCALE);
    const scores = new Float32Array(windowCount(samples));
    const input = new Float32Array(CONTEXT_SAMPLES + WINDOW_SAMPLES);
    let state: ort.Tensor = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
    for (let window = 0; window < scores.length; window++) {
      const start = window * WINDOW_SAMPLES;
      input.copyWithin(0, WINDOW_SAMPLES);
      input.set(padded.subarray(start, start + WINDOW_SAMPLES), CONTEXT_SAMPLES);
      const feeds = { input: new ort.Tensor('float32', input, [1, input.length]), state, sr };
      const { output, stateN } = await session.run(feeds);
      scores[window] = Number(output!.data[0]);
      state = stateN!;
    }
    return scores;
  };
}
