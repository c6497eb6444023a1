// The Worker that runs in workerd what stands beside onnxruntime: the kernel's builds, the energy scorer and the peak.

import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS, VadKernel } from '../../durable-objects/runtime/vad-kernel.ts';

type Assets = Readonly<Record<string, WebAssembly.Module | ArrayBuffer>>;

/**
 * Requests, by path:
 *   POST /audio            16-bit samples that the scorers then hear, over and over
 *   GET /nothing           what a request alone costs
 *   GET /BUILD?count=N     scores N windows of a new stream with a build of the kernel; answers the scores as floats
 *   GET /energy?count=N    the same with the energy scorer, without the scores
 *   GET /peak?count=N      N turns of the loop that does nothing but multiply-adds
 * Assets: 'BUILD.wasm' and 'BUILD.bin' for each build, and 'peak.wasm'; what is not asked for may be missing.
 */
export function kernelWorker(assets: Assets): { fetch(request: Request): Promise<Response> } {
  const kernels = new Map<string, VadKernel>();
  let audio = new Int16Array(WINDOW_SAMPLES);

  const kernelOf = (build: string): VadKernel => {
    const made = kernels.get(build) ?? new VadKernel(asset(`${build}.wasm`), asset(`${build}.bin`));
    kernels.set(build, made);
    return made;
  };
  const asset = <Kind>(name: string): Kind => {
    if (assets[name] === undefined) throw new Error(`There is no asset "${name}".`);
    return assets[name] as Kind;
  };

  return {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const count = Number(searchParams.get('count'));
      switch (pathname) {
        case '/audio':
          audio = new Int16Array(await request.arrayBuffer());
          return new Response();
        case '/nothing':
          return new Response();
        case '/energy':
          scoreByEnergy(audio, count);
          return new Response();
        case '/peak':
          return new Response(`${runPeak(asset('peak.wasm'), count)}`);
        default:
          return new Response(scoreByKernel(kernelOf(pathname.slice(1)), audio, count));
      }
    },
  };
}

function scoreByKernel(kernel: VadKernel, audio: Int16Array, count: number) {
  const state = new Float32Array(VAD_STATE_FLOATS);
  const scores = new Float32Array(count);
  const windows = Math.floor(audio.length / WINDOW_SAMPLES);
  for (let index = 0; index < count; index++) {
    scores[index] = kernel.score(audio, (index % windows) * WINDOW_SAMPLES, state);
  }
  return scores;
}

function scoreByEnergy(audio: Int16Array, count: number): void {
  const scorer = new EnergyScorer({ onScore() {} });
  const windows: Int16Array[] = [];
  for (let offset = 0; offset + WINDOW_SAMPLES <= audio.length; offset += WINDOW_SAMPLES) {
    windows.push(audio.subarray(offset, offset + WINDOW_SAMPLES));
  }
  for (let index = 0; index < count; index++)
    scorer.submit(index, windows[index % windows.length]!);
}

/** The answer keeps the loop from being taken for useless. */
function runPeak(module: WebAssembly.Module, count: number): number {
  const { run } = new WebAssembly.Instance(module).exports as { run(turns: number): number };
  return run(count);
}
