// The kernel's contract: what a score depends on, what it costs, and what is refused.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import {
  VAD_STATE_FLOATS,
  VAD_UNITS_PER_WINDOW,
  VadKernel,
} from '../../durable-objects/runtime/vad-kernel.ts';
import * as layout from '../../wasm/assembly/layout.ts';
import { layOutWeights, MODEL, readModel, requirePinned } from '../../wasm/weights.ts';
import {
  compileBuilt,
  KERNEL_FILES,
  loadKernel,
  readBuilt,
  weightsFileOf,
} from './kernel-files.ts';
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
    const weights = readBuilt(weightsFileOf(file));
    const expected = `its weights must be ${weights.length} bytes, received ${weights.length - 4}.`;
    expect(() => new VadKernel(module, weights.slice(4).buffer)).toThrow(
      `Cannot load the VAD kernel: ${expected}`,
    );
  });

  it('[V26] recalls what the encoder makes of silence, and changes no bit by it', () => {
    const silence = new Int16Array(WINDOW_SAMPLES);
    const recalling = loadKernel(file);
    const state = newState();
    scoreAll(recalling, story, state);
    const wholeState = state.slice();
    for (let window = 0; window < 5; window++) {
      // A new instance has no silence to recall, so it computes the whole network.
      const whole = loadKernel(file);
      const unitsBefore = recalling.workUnits;
      const score = recalling.score(silence, 0, state);
      expect(score).toBe(whole.score(silence, 0, wholeState));
      expect(state).toEqual(wholeState);
      expect(whole.workUnits).toBe(VAD_UNITS_PER_WINDOW);
      // The first still has speech for its context, the second is the first of true silence.
      expect(recalling.workUnits - unitsBefore).toBe(window < 2 ? VAD_UNITS_PER_WINDOW : 66);
    }
    expect(recalling.score(story, 0, state)).toBe(loadKernel(file).score(story, 0, wholeState));
  });

  it('[V26] takes no window for silence that has a single sample in it', () => {
    const samples = new Int16Array(WINDOW_SAMPLES);
    const kernel = loadKernel(file);
    kernel.score(samples, 0, newState());
    samples[WINDOW_SAMPLES - 1] = 1;
    kernel.score(samples, 0, newState());
    const context = newState();
    context[VAD_STATE_FLOATS - CONTEXT_SAMPLES] = 1 / 32_768;
    samples.fill(0);
    kernel.score(samples, 0, context);
    expect(kernel.workUnits).toBe(3 * VAD_UNITS_PER_WINDOW);
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
    expect(() => layOutWeights(readModel().subarray(0, 500_000), 'f32')).toThrow(/^Cannot /);
    expect(() => layOutWeights(new Uint8Array(), 'int16')).toThrow(
      'Cannot use the model: "stft.forward_basis_buffer" must have shape [258,1,256], is missing.',
    );
  });
});

describe('weights-int16.bin', () => {
  it.each([
    ['features', layout.INT16_FEATURES_WEIGHTS_AT],
    ['hidden', layout.INT16_HIDDEN_WEIGHTS_AT],
  ])('[V25] cannot overflow a sum of the %s, nor gives bits away', (_name, weightsAt) => {
    const { LSTM_ROWS, HIDDEN, INT16_TILE, INT16_LARGEST_INPUT, WEIGHTS_AT } = layout;
    const { buffer } = readBuilt('weights-int16.bin');
    const weights = new Int16Array(buffer, weightsAt - WEIGHTS_AT, LSTM_ROWS * HIDDEN);
    const lanes = new Float64Array(LSTM_ROWS * 4);
    const largest = new Float64Array(LSTM_ROWS);
    // [tile of rows][vector of 8 inputs][row][8 inputs]; a lane sums two neighbours of each vector.
    weights.forEach((weight, index) => {
      const tile = Math.floor(index / (INT16_TILE * HIDDEN));
      const row = tile * INT16_TILE + (Math.floor(index / 8) % INT16_TILE);
      lanes[row * 4 + Math.floor((index % 8) / 2)]! += Math.abs(weight);
      largest[row] = Math.max(largest[row]!, Math.abs(weight));
    });
    expect(Math.max(...lanes) * INT16_LARGEST_INPUT).toBeLessThan(2 ** 31);
    for (let row = 0; row < LSTM_ROWS; row++) {
      const fullest = Math.max(...lanes.subarray(row * 4, row * 4 + 4)) * INT16_LARGEST_INPUT;
      expect(fullest > 0.999 * 2 ** 31 || largest[row] === 32_767).toBe(true);
    }
  });
});

describe('wasm/build/', () => {
  it('[V9] holds the files that its manifest names, built from the pinned model', () => {
    const manifest = JSON.parse(new TextDecoder().decode(readBuilt('manifest.json')));
    const others = ['weights-f32.bin', 'weights-int16.bin', 'opus.wasm'];
    const files = [...KERNEL_FILES, ...others].map((name) => {
      const bytes = readBuilt(name);
      return [name, { bytes: bytes.length, sha256: sha256(bytes) }];
    });
    expect(manifest).toEqual({ model: MODEL, files: Object.fromEntries(files) });
    for (const format of ['f32', 'int16'] as const) {
      const { sha256: expected } = manifest.files[`weights-${format}.bin`];
      expect(sha256(layOutWeights(readModel(), format))).toBe(expected);
    }
  });
});
