// Starts onnxruntime-web in workerd, which compiles no WebAssembly at run time: it gets the module that was bundled.

import bundled from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import * as onnx from 'onnxruntime-web/wasm';

onnx.env.wasm.numThreads = 1;
onnx.env.wasm.proxy = false;
// Any bytes keep it from fetching the file; they are never compiled.
onnx.env.wasm.wasmBinary = new ArrayBuffer(8);

/** Loads a model: a second of CPU and some 100 MB. Rejects with onnxruntime's own words. */
export async function loadModel(file: ArrayBuffer): Promise<onnx.InferenceSession> {
  const { instantiate } = WebAssembly;
  // The package has no option for a compiled module, so the one call that would compile is answered here.
  WebAssembly.instantiate = ((_bytes: unknown, imports: WebAssembly.Imports) =>
    instantiate(bundled, imports).then((instance) => ({
      instance,
      module: bundled,
    }))) as typeof instantiate;
  try {
    return await onnx.InferenceSession.create(file, { executionProviders: ['wasm'] });
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}
