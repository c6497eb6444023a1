// The kernel's contract: what a score depends on, what it costs, and what is refused.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import {
  VAD_STATE_FLOATS,
  VAD_UNITS_PER_WINDOW,
  VadKernel,
} from '../../durable-objects/runtime/vad-kernel.ts';
import { layOutWeights, MODEL, readModel, requirePinned } from '../../wasm/weights.ts';
import { compileBuilt, KERNEL_FILES, loadKernel, readBuilt } from './kernel-files.ts';
import { speechStreams } from './speech.ts';

const CONTEXT_SAMPLES = 64;
const WINDOWS = 60;
const streams = speechStreams();
const story = excerpt('story');
const clipping = excerpt('clipping');

/** About two seconds from the middle of speech. */
function excerpt(name: string): Int16Array {
  const { samples } = streams.find((stream) => stream.name === name)!;
  return samples.subarray(16_000, 16_000 + WINDOWS * WINDOW_SAMPLES);
}

function newState(): Float32Array {
  return new Float32Array(VAD_STATE_FLOATS);
}

function scoreAll(kernel: VadKernel, samples: Int16Array, state = newState()): number[] {
  return Array.from({ length: WINDOWS }, (_, window) =>
    kernel.score(samples, window * WINDOW_SAMPLES, state),
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(KERNEL_FILES)('%s', (file) => {
  it('[V3] takes the last 64 samples of a window along as the context of the next', () => {
    const kernel = loadKernel(file);
    const state = newState();
    scoreAll(kernel, story, state);
    const context = Array.from(story.subarray(-CONTEXT_SAMPLES), (sample) => sample / 32_768);
    expect(Array.from(state.subarray(-CONTEXT_SAMPLES))).toEqual(context);

    const forgetful = state.slice().fill(0, -CONTEXT_SAMPLES);
    expect(kernel.score(story, 0, forgetful)).not.toBeCloseTo(kernel.score(story, 0, state), 4);
  });

  it('[V4] scores each of several interleaved streams as if it were alone', () => {
    const alone = [scoreAll(loadKernel(file), story), scoreAll(loadKernel(file), clipping)];
    const kernel = loadKernel(file);
    const states = [newState(), newState()] as const;
    const interleaved: [number[], number[]] = [[], []];
    for (let window = 0; window < WINDOWS; window++) {
      interleaved[0].push(kernel.score(story, window * WINDOW_SAMPLES, states[0]));
      interleaved[1].push(kernel.score(clipping, window * WINDOW_SAMPLES, states[1]));
    }
    expect(interleaved).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  it('[V4] goes on from a copied state exactly as from the original', () => {
    const state = newState();
    scoreAll(loadKernel(file), story, state);
    const copy = state.slice();
    expect(scoreAll(loadKernel(file), clipping, copy)).toEqual(
      scoreAll(loadKernel(file), clipping, state),
    );
    expect(copy).toEqual(state);
  });

  it('[V5] reads 512 samples from the offset on and writes none', () => {
    const kernel = loadKernel(file);
    const offset = 700;
    const window = story.slice(offset, offset + WINDOW_SAMPLES);
    const surrounded = new Int16Array(2_000).fill(30_000);
    surrounded.set(window, offset);
    const before = surrounded.slice();
    expect(kernel.score(surrounded, offset, newState())).toBe(kernel.score(window, 0, newState()));
    expect(surrounded).toEqual(before);
  });

  it('[V6] counts as much work as is declared, window by window', () => {
    const kernel = loadKernel(file);
    const state = newState();
    expect(kernel.workUnits).toBe(0);
    for (let window = 0; window < WINDOWS; window++) {
      kernel.score(story, window * WINDOW_SAMPLES, state);
      expect(kernel.workUnits).toBe((window + 1) * VAD_UNITS_PER_WINDOW);
    }
  });

  it.each([
    ['digital silence', () => 0],
    ['full scale', (index: number) => (index % 2 === 0 ? 32_767 : -32_768)],
    ['a constant at the lower rail', () => -32_768],
  ])('[V7] keeps its scores and its state in bounds over a minute of %s', (_name, sampleAt) => {
    const kernel = loadKernel(file);
    const samples = Int16Array.from({ length: WINDOW_SAMPLES }, (_, index) => sampleAt(index));
    const state = newState();
    for (let window = 0; window < 1_875; window++) {
      const score = kernel.score(samples, 0, state);
      expect(score >= 0 && score <= 1).toBe(true);
    }
    expect(state.every(Number.isFinite)).toBe(true);
  });

  it('[V7] hears no speech in digital silence', () => {
    expect(Math.max(...scoreAll(loadKernel(file), new Int16Array(story.length)))).toBeLessThan(0.2);
  });

  it('[V8] refuses weights of another size', () => {
    const module = compileBuilt(file);
    const weights = readBuilt('weights-f32.bin').slice(4).buffer;
    expect(() => new VadKernel(module, weights)).toThrow(
      'Cannot load the VAD kernel: its weights must be 892928 bytes, received 892924.',
    );
  });
});

describe('wasm/weights.ts', () => {
  it('[V8] refuses any model but the pinned one', () => {
    const model = readModel().slice();
    expect(() => requirePinned(model)).not.toThrow();
    model[1_000]! ^= 1;
    expect(() => requirePinned(model)).toThrow(
      `its sha256 must be ${MODEL.sha256} (version ${MODEL.version}), is ${sha256(model)}.`,
    );
  });

  it('[V8] refuses a model that is cut off or lacks a tensor', () => {
    expect(() => layOutWeights(readModel().subarray(0, 500_000))).toThrow(/^Cannot /);
    expect(() => layOutWeights(new Uint8Array())).toThrow(
      'Cannot use the model: "stft.forward_basis_buffer" must have shape [258,1,256], is missing.',
    );
  });
});

describe('wasm/build/', () => {
  it('[V9] holds the files that its manifest names, built from the pinned model', () => {
    const manifest = JSON.parse(new TextDecoder().decode(readBuilt('manifest.json')));
    const files = [...KERNEL_FILES, 'weights-f32.bin'].map((name) => {
      const bytes = readBuilt(name);
      return [name, { bytes: bytes.length, sha256: sha256(bytes) }];
    });
    expect(manifest).toEqual({ model: MODEL, files: Object.fromEntries(files) });
    expect(sha256(layOutWeights(readModel()))).toBe(manifest.files['weights-f32.bin'].sha256);
  });
});
