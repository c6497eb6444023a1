// The tensors that all models of the Silero family share: 64 samples of context before the window, and an LSTM's state.

import { Tensor } from 'onnxruntime-web/wasm';
import type { Tensors } from './model.ts';

const LSTM_FLOATS = 256;
const CONTEXT_SAMPLES = 64;

/** Hidden and cell of the LSTM, then the context: the order in which the kernel keeps them, too. */
export const SILERO_STATE_FLOATS = LSTM_FLOATS + CONTEXT_SAMPLES;

/** `input` of shape [1, 576] and `state` of shape [2, 1, 128]. */
export function sileroInputs(window: Float32Array, state: Float32Array): Tensors {
  const input = Float32Array.of(...state.subarray(LSTM_FLOATS), ...window);
  return {
    input: new Tensor('float32', input, [1, input.length]),
    state: new Tensor('float32', state.slice(0, LSTM_FLOATS), [2, 1, 128]),
  };
}

/** The probability out of `output`; `stateN` and the window's end become the next window's state. */
export function readSilero(outputs: Tensors, window: Float32Array, state: Float32Array): number {
  const { output, stateN } = outputs;
  state.set(stateN?.data as Float32Array);
  state.set(window.subarray(-CONTEXT_SAMPLES), LSTM_FLOATS);
  return Number(output?.data[0]);
}
