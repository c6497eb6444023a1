// What is compared inside Node, in this very process.

import type * as Onnxruntime from 'onnxruntime-web/wasm';
import * as onnxruntimeWeb from 'onnxruntime-web/wasm';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS } from '../../durable-objects/runtime/vad-kernel.ts';
import { readModel } from '../../wasm/weights.ts';
import { kernelBuilds, loadKernel } from '../accuracy/kernel-builds.ts';
import { OnnxruntimeStream } from './onnxruntime-stream.ts';
import type { Contender } from './rounds.ts';

const KERNEL_WINDOWS = 500;
const ONNXRUNTIME_WINDOWS = 100;

/** Not among this project's dependencies, so that nobody has to fetch its binaries. */
const NATIVE_PACKAGE: string = 'onnxruntime-node';

/** Named as in workerd, with 'node:' in front; 'node:onnxruntime-node' only where it is installed. */
export async function nodeContenders(audio: Int16Array): Promise<Contender[]> {
  onnxruntimeWeb.env.wasm.numThreads = 1;
  const native = await loadNative();
  return [
    ...kernelBuilds().map((build) => kernelContender(build, audio)),
    await onnxruntimeContender('node:onnxruntime-web', onnxruntimeWeb, 'wasm', audio),
    ...(native === null
      ? []
      : [await onnxruntimeContender('node:onnxruntime-node', native, 'cpu', audio)]),
  ];
}

function kernelContender(build: string, audio: Int16Array): Contender {
  const kernel = loadKernel(build);
  const state = new Float32Array(VAD_STATE_FLOATS);
  const windows = Math.floor(audio.length / WINDOW_SAMPLES);
  return {
    name: `node:${build}`,
    pieces: KERNEL_WINDOWS,
    run: async (count) => {
      state.fill(0);
      const before = process.cpuUsage();
      for (let index = 0; index < count; index++) {
        kernel.score(audio, (index % windows) * WINDOW_SAMPLES, state);
      }
      return cpuSince(before);
    },
  };
}

async function onnxruntimeContender(
  name: string,
  ort: typeof Onnxruntime,
  provider: string,
  audio: Int16Array,
): Promise<Contender> {
  const session = await ort.InferenceSession.create(readModel(), {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const windows = Math.floor(audio.length / WINDOW_SAMPLES);
  return {
    name,
    pieces: ONNXRUNTIME_WINDOWS,
    run: async (count) => {
      const stream = new OnnxruntimeStream(ort, session);
      const before = process.cpuUsage();
      for (let index = 0; index < count; index++) {
        await stream.score(audio, (index % windows) * WINDOW_SAMPLES);
      }
      return cpuSince(before);
    },
  };
}

/** Null where the package is missing or, as an override may make it, has no backend of its own. */
async function loadNative(): Promise<typeof Onnxruntime | null> {
  try {
    const native: typeof Onnxruntime = await import(NATIVE_PACKAGE);
    await native.InferenceSession.create(readModel(), { executionProviders: ['cpu'] });
    return native;
  } catch {
    return null;
  }
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
