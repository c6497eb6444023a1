// The Worker that runs onnxruntime-web in workerd, which it was not made for.

import * as ort from 'onnxruntime-web/wasm';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { OnnxruntimeStream } from './onnxruntime-stream.ts';

type Assets = Readonly<Record<string, WebAssembly.Module | ArrayBuffer>>;

/**
 * Requests, by path:
 *   POST /audio        16-bit samples that the model then hears, over and over
 *   GET /?count=N      scores N windows of a new stream; answers the scores as floats
 * Assets: 'ort.wasm' and 'model.onnx'.
 */
export function onnxruntimeWorker(assets: Assets): { fetch(request: Request): Promise<Response> } {
  let session: Promise<ort.InferenceSession> | undefined;
  let audio = new Int16Array(WINDOW_SAMPLES);
  return {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === '/audio') {
        audio = new Int16Array(await request.arrayBuffer());
        return new Response();
      }
      session ??= createSession(
        assets['ort.wasm'] as WebAssembly.Module,
        assets['model.onnx'] as ArrayBuffer,
      );
      const stream = new OnnxruntimeStream(ort, await session);
      const windows = Math.floor(audio.length / WINDOW_SAMPLES);
      const scores = new Float32Array(Number(searchParams.get('count')));
      for (let index = 0; index < scores.length; index++) {
        scores[index] = await stream.score(audio, (index % windows) * WINDOW_SAMPLES);
      }
      return new Response(scores);
    },
  };
}

/**
 * workerd compiles no bytes at run time, and onnxruntime-web knows nothing else. So it gets an empty binary, and for
 * the time of its start the function that would compile it gives it the module which came with the Worker.
 */
async function createSession(
  module: WebAssembly.Module,
  model: ArrayBuffer,
): Promise<ort.InferenceSession> {
  const instantiate = WebAssembly.instantiate;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = new ArrayBuffer(8);
  const instantiateModule = async (_bytes: unknown, imports: WebAssembly.Imports) => ({
    module,
    instance: await instantiate(module, imports),
  });
  WebAssembly.instantiate = instantiateModule as unknown as typeof instantiate;
  try {
    return await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}
