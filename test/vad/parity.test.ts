// The kernel beside onnxruntime on the same model: the same scores, on every window.

import * as ort from 'onnxruntime-web/wasm';
import { beforeAll, expect, it } from 'vitest';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS } from '../../durable-objects/runtime/vad-kernel.ts';
import { readModel } from '../../wasm/weights.ts';
import { KERNEL_FILES, loadKernel } from './kernel-files.ts';
import { type Stream, speechStreams } from './speech.ts';

const CONTEXT_SAMPLES = 64;
const THRESHOLD = 0.5;

const streams = speechStreams();
/** Scores of all windows of all streams, one after another. */
let reference: Float32Array;
const scores: Record<(typeof KERNEL_FILES)[number], Float32Array> = {
  'vad-f32.wasm': scoreWithKernel('vad-f32.wasm'),
  'vad-f32-plain.wasm': scoreWithKernel('vad-f32-plain.wasm'),
};

beforeAll(async () => {
  reference = await scoreWithOnnxruntime();
}, 120_000);

it('[V1] has at least 10,000 windows to compare, many of speech and many of none', () => {
  const speech = reference.filter((score) => score >= THRESHOLD).length;
  expect(reference.length).toBeGreaterThanOrEqual(10_000);
  expect(speech).toBeGreaterThan(2_000);
  expect(reference.length - speech).toBeGreaterThan(2_000);
});

it.each(KERNEL_FILES)('[V1] %s scores as onnxruntime does', (file) => {
  expect(scores[file].length).toBe(reference.length);
  expect(largestDifference(scores[file], reference)).toBeLessThanOrEqual(1e-4);
  const flips = scores[file].filter(
    (score, index) => score >= THRESHOLD !== reference[index]! >= THRESHOLD,
  );
  expect(flips).toHaveLength(0);
});

it('[V2] scores the same with and without relaxed SIMD', () => {
  const difference = largestDifference(scores['vad-f32.wasm'], scores['vad-f32-plain.wasm']);
  expect(difference).toBeLessThanOrEqual(1e-5);
});

function windowsOf({ samples }: Stream): number {
  return Math.floor(samples.length / WINDOW_SAMPLES);
}

function scoreWithKernel(file: (typeof KERNEL_FILES)[number]): Float32Array {
  const kernel = loadKernel(file);
  const found: number[] = [];
  for (const stream of streams) {
    const state = new Float32Array(VAD_STATE_FLOATS);
    for (let window = 0; window < windowsOf(stream); window++) {
      found.push(kernel.score(stream.samples, window * WINDOW_SAMPLES, state));
    }
  }
  return Float32Array.from(found);
}

async function scoreWithOnnxruntime(): Promise<Float32Array> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readModel(), { executionProviders: ['wasm'] });
  const sr = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
  const input = new Float32Array(CONTEXT_SAMPLES + WINDOW_SAMPLES);
  const found: number[] = [];
  for (const stream of streams) {
    input.fill(0);
    let state: ort.Tensor = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
    for (let window = 0; window < windowsOf(stream); window++) {
      input.copyWithin(0, WINDOW_SAMPLES);
      for (let index = 0; index < WINDOW_SAMPLES; index++) {
        input[CONTEXT_SAMPLES + index] = stream.samples[window * WINDOW_SAMPLES + index]! / 32_768;
      }
      const feeds = { input: new ort.Tensor('float32', input, [1, input.length]), state, sr };
      const { output, stateN } = await session.run(feeds);
      found.push(Number(output?.data[0]));
      state = stateN!;
    }
  }
  return Float32Array.from(found);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  a.forEach((value, index) => {
    largest = Math.max(largest, Math.abs(value - b[index]!));
  });
  return largest;
}
