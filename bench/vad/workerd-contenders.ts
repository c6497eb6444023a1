// What is compared inside workerd: one process, with a Worker for the kernel and one for onnxruntime-web.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { readModel } from '../../wasm/weights.ts';
import { kernelBuilds } from '../accuracy/kernel-builds.ts';
import { compilePeak } from './multiply-add-peak.ts';
import type { Contender } from './rounds.ts';
import { type WorkerModule, workerScript } from './worker-script.ts';
import { Workerd } from './workerd.ts';

/** Pieces of work in a batch, for about ten milliseconds each (onnxruntime: forty). */
const KERNEL_WINDOWS = 500;
const ENERGY_WINDOWS = 20_000;
const ONNXRUNTIME_WINDOWS = 400;
const PEAK_TURNS = 8_000_000;

/** The kernel and the peak, in one process with onnxruntime-web. */
export class WorkerdContenders {
  readonly #workerd: Workerd;

  private constructor(workerd: Workerd) {
    this.#workerd = workerd;
  }

  static async start(): Promise<WorkerdContenders> {
    const builds = kernelBuilds().flatMap(kernelAssets);
    const peak = { name: 'peak.wasm', kind: 'wasm', content: await compilePeak() } as const;
    const workerd = new Workerd({
      kernel: workerScript('bench/vad/kernel-worker.ts', 'kernelWorker', [...builds, peak]),
      onnxruntime: onnxruntimeWorkerScript(),
    });
    return new WorkerdContenders(workerd);
  }

  /** All of them, each beside what a request that does nothing costs. */
  contenders(): Contender[] {
    return [
      ...kernelBuilds().map((build) => this.#contender(build, 'kernel', build, KERNEL_WINDOWS)),
      this.#contender('energy', 'kernel', 'energy', ENERGY_WINDOWS),
      this.#contender('peak', 'kernel', 'peak', PEAK_TURNS),
      this.#contender('onnxruntime-web', 'onnxruntime', '', ONNXRUNTIME_WINDOWS),
    ];
  }

  /** What the scorers hear from now on. */
  async hear(audio: Int16Array): Promise<void> {
    for (const worker of ['kernel', 'onnxruntime']) {
      await this.#workerd.fetch(worker, '/audio', new Uint8Array(audio.buffer));
    }
  }

  /** The scores of every whole window of `audio`, by a build or by onnxruntime-web. */
  async scores(name: string, audio: Int16Array): Promise<Float32Array> {
    const windows = Math.floor(audio.length / WINDOW_SAMPLES);
    const [worker, path] = name === 'onnxruntime-web' ? ['onnxruntime', ''] : ['kernel', name];
    const body = await this.#workerd.fetch(worker, `/${path}?count=${windows}`);
    return new Float32Array(new Uint8Array(body).buffer);
  }

  async stop(): Promise<void> {
    await this.#workerd.stop();
  }

  #contender(name: string, worker: string, path: string, pieces: number): Contender {
    return {
      name,
      pieces,
      run: async (count) => {
        const emptyUs = await this.#cpuOf('kernel', '/nothing');
        return (await this.#cpuOf(worker, `/${path}?count=${count}`)) - emptyUs;
      },
    };
  }

  async #cpuOf(worker: string, path: string): Promise<number> {
    const beforeUs = this.#workerd.cpuUs;
    await this.#workerd.fetch(worker, path);
    return this.#workerd.cpuUs - beforeUs;
  }
}

/** The built files of one build of the kernel, as the kernel's Worker wants them. */
export function kernelAssets(build: string): WorkerModule[] {
  const read = (file: string) =>
    new Uint8Array(readFileSync(new URL(`../../wasm/build/${file}`, import.meta.url)));
  return [
    { name: `${build}.wasm`, kind: 'wasm', content: read(`vad-${build}.wasm`) },
    { name: `${build}.bin`, kind: 'data', content: read(`weights-${build.split('-')[0]}.bin`) },
  ];
}

/** onnxruntime-web's bundle brings its own glue code along, so it is one module. */
function onnxruntimeWorkerScript(): WorkerModule[] {
  const require = createRequire(import.meta.url);
  const dist = new URL('.', `file://${require.resolve('onnxruntime-web/wasm')}`);
  const read = (file: string) => new Uint8Array(readFileSync(new URL(file, dist)));
  const script = workerScript('bench/vad/onnxruntime-worker.ts', 'onnxruntimeWorker', [
    { name: 'ort.wasm', kind: 'wasm', content: read('ort-wasm-simd-threaded.wasm') },
    { name: 'model.onnx', kind: 'data', content: readModel() },
  ]);
  // workerd looks a bare name up beside the module that imports it.
  const name = 'bench/vad/onnxruntime-web/wasm';
  return [...script, { name, kind: 'esModule', content: read('ort.wasm.bundle.min.mjs') }];
}
