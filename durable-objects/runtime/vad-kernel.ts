// The neural VAD kernel as an object: one WASM instance that scores windows of many streams.

import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

/** Floats of a stream's state: hidden 128, cell 128, context 64; all zero for a new stream. */
export const VAD_STATE_FLOATS = 320;

/**
 * Declared work of a window, in thousand multiply-adds: the network's 353,664, rounded up. Digital
 * silence takes less (SPEC.md V26), nothing takes more.
 */
export const VAD_UNITS_PER_WINDOW = 354;

/** What wasm/assembly/index.ts exports; addresses and lengths in bytes. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  weightsPtr(): number;
  weightsBytes(): number;
  statePtr(): number;
  samplesPtr(): number;
  workUnits(): number;
  process(): number;
}

/**
 * Silero VAD v6.2 at 16 kHz. The instance keeps weights and scratch memory (0.9 MB) but no stream:
 * the stream's state comes along with each window, so one kernel serves a whole isolate. Nothing is
 * allocated after construction.
 */
export class VadKernel {
  readonly #exports: KernelExports;
  // The kernel's memory has a fixed size, so its buffer never changes and these views stay valid.
  readonly #samples: Int16Array;
  readonly #state: Float32Array;

  /** Copies the weights. Throws when they are not of the size that the kernel reads. */
  constructor(module: WebAssembly.Module, weights: ArrayBuffer) {
    this.#exports = new WebAssembly.Instance(module).exports as unknown as KernelExports;
    const { memory } = this.#exports;
    const weightsBytes = this.#exports.weightsBytes();
    if (weights.byteLength !== weightsBytes) {
      throw new Error(
        `Cannot load the VAD kernel: its weights must be ${weightsBytes} bytes, ` +
          `received ${weights.byteLength}.`,
      );
    }
    new Uint8Array(memory.buffer, this.#exports.weightsPtr(), weightsBytes).set(
      new Uint8Array(weights),
    );
    this.#samples = new Int16Array(memory.buffer, this.#exports.samplesPtr(), WINDOW_SAMPLES);
    this.#state = new Float32Array(memory.buffer, this.#exports.statePtr(), VAD_STATE_FLOATS);
  }

  /** Thousand multiply-adds done since construction, by the kernel's own count; wraps at 2³². */
  get workUnits(): number {
    return this.#exports.workUnits() >>> 0;
  }

  /**
   * The probability, 0..1, that the WINDOW_SAMPLES samples from `offset` on are speech. `samples`
   * is only read; `state` (VAD_STATE_FLOATS) is the stream's past and becomes its next window's.
   */
  score(samples: Int16Array, offset: number, state: Float32Array): number {
    const window = this.#samples;
    for (let index = 0; index < WINDOW_SAMPLES; index++) {
      window[index] = samples[offset + index]!;
    }
    this.#state.set(state);
    const probability = this.#exports.process();
    state.set(this.#state);
    return probability;
  }
}
