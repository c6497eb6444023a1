// The kernel beside onnxruntime on the same model: the same scores, on every window.

import * as ort from 'onnxruntime-web/wasm';
import { beforeAll, expect, it } from 'vitest';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS } from '../../durable-objects/runtime/vad-kernel.ts';
import { readModel } from '../../wasm/weights.ts';
import {
  FLOAT_KERNEL_FILES,
  INT16_KERNEL_FILES,
  KERNEL_FILES,
  type KernelFile,
  loadKernel,
} from './kernel-files.ts';
import { type Stream, speechStreams } from './speech.ts';

const CONTEXT_SAMPLES = 64;
const THRESHOLD = 0.5;

const streams = speechStreams();
/** Scores of all windows of all streams, one after another. */
let reference: Float32Array;
const scores = new Map(KERNEL_FILES.map((file) => [file, scoreWithKernel(file)]));

beforeAll(async () => {
  reference = await scoreWithOnnxruntime();
}, 120_000);

it('[V1] has at least 10,000 windows to compare, many of speech and many of none', () => {
  const speech = reference.filter((score) => score >= THRESHOLD).length;
  expect(reference.length).toBeGreaterThanOrEqual(10_000);
  expect(speech).toBeGreaterThan(2_000);
  expect(reference.length - speech).toBeGreaterThan(2_000);
});

it.each(FLOAT_KERNEL_FILES)('[V1] %s scores as onnxruntime does', (file) => {
  expectParity(file, 1e-4);
});

it.each(INT16_KERNEL_FILES)('[V24] %s scores nearly as onnxruntime does', (file) => {
  expectParity(file, 2e-3);
});

it('[V2] scores the same with and without relaxed SIMD', () => {
  const [fused, plain] = FLOAT_KERNEL_FILES.map((file) => scores.get(file)!);
  expect(largestDifference(fused!, plain!)).toBeLessThanOrEqual(1e-5);
});

function expectParity(file: KernelFile, tolerance: number): void {
  const found = scores.get(file)!;
  expect(found.length).toBe(reference.length);
  expect(largestDifference(found, reference)).toBeLessThanOrEqual(tolerance);
  const flips = found.filter(
    (score, index) => score >= THRESHOLD !== reference[index]! >= THRESHOLD,
  );
  expect(flips).toHaveLength(0);
}

function windowsOf({ samples }: Stream): number {
  return Math.floor(samples.length / WINDOW_SAMPLES);
}

function scoreWithKernel(file: KernelFile): Float32Array {
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
