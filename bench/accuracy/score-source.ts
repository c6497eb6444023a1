// Everything that scores whole recordings: the kernel's builds, the energy scorer and onnxruntime-web.

import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS, type VadKernel } from '../../durable-objects/runtime/vad-kernel.ts';
import { kernelBuilds, loadKernel } from './kernel-builds.ts';
import { createOnnxruntimeSource } from './onnxruntime-source.ts';
import { paddedToWindows, windowCount } from './window-cells.ts';

/** Scores a recording from its first sample on: the probability of speech in each window. */
export interface ScoreSource {
  readonly name: string;
  score(samples: Int16Array): Promise<Float32Array>;
}

/** The reference, by whose name the others are compared. */
export const REFERENCE = 'onnxruntime-web';

/** All of them, the reference last: it takes most of the time. */
export async function allScoreSources(): Promise<ScoreSource[]> {
  const kernels = kernelBuilds().map((build) => kernelSource(build));
  const energy: ScoreSource = { name: 'energy', score: async (samples) => scoreEnergy(samples) };
  return [...kernels, energy, { name: REFERENCE, score: await createOnnxruntimeSource() }];
}

/** One of the kernel's builds. */
export function kernelSource(build: string): ScoreSource {
  const kernel = loadKernel(build);
  return { name: `kernel-${build}`, score: async (samples) => scoreWithKernel(kernel, samples) };
}

function scoreWithKernel(kernel: VadKernel, samples: Int16Array): Float32Array {
  const padded = paddedToWindows(samples);
  const state = new Float32Array(VAD_STATE_FLOATS);
  return new Float32Array(windowCount(samples)).map((_, window) =>
    kernel.score(padded, window * WINDOW_SAMPLES, state),
  );
}

function scoreEnergy(samples: Int16Array): Float32Array {
  const padded = paddedToWindows(samples);
  const scores = new Float32Array(windowCount(samples));
  const scorer = new EnergyScorer({
    onScore: (window, probability) => {
      scores[window] = probability;
    },
  });
  for (let window = 0; window < scores.length; window++) {
    const start = window * WINDOW_SAMPLES;
    scorer.submit(window, padded.subarray(start, start + WINDOW_SAMPLES));
  }
  return scores;
}
