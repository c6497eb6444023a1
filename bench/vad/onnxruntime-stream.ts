// One stream scored by onnxruntime, whichever of its builds it is.

import type * as Onnxruntime from 'onnxruntime-web/wasm';
import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

/** Samples before a window that the model sees with it. */
const CONTEXT_SAMPLES = 64;
const FULL_SCALE = 32_768;

/** Starts with a stream that has no past. */
export class OnnxruntimeStream {
  readonly #ort: typeof Onnxruntime;
  readonly #session: Onnxruntime.InferenceSession;
  readonly #input = new Float32Array(CONTEXT_SAMPLES + WINDOW_SAMPLES);
  readonly #rate: Onnxruntime.Tensor;
  #state: Onnxruntime.Tensor;

  constructor(ort: typeof Onnxruntime, session: Onnxruntime.InferenceSession) {
    this.#ort = ort;
    this.#session = session;
    this.#rate = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
    this.#state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
  }

  /** The probability that the WINDOW_SAMPLES samples from `offset` on are speech. */
  async score(samples: Int16Array, offset: number): Promise<number> {
    const input = this.#input;
    input.copyWithin(0, WINDOW_SAMPLES);
    for (let index = 0; index < WINDOW_SAMPLES; index++) {
      input[CONTEXT_SAMPLES + index] = samples[offset + index]! / FULL_SCALE;
    }
    const { output, stateN } = await this.#session.run({
      input: new this.#ort.Tensor('float32', input, [1, input.length]),
      state: this.#state,
      sr: this.#rate,
    });
    this.#state = stateN!;
    return Number(output!.data[0]);
  }
}
