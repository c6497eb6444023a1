// What the Worker needs to know of an ONNX model; a file of models/ says it for one.

import type { Tensor } from 'onnxruntime-web/wasm';

/** The tensors of one run, by the names that the model gives them. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A model that scores windows of 512 samples at 16 kHz, one after another. */
export interface OnnxModel {
  /** The .onnx file. */
  readonly file: ArrayBuffer;
  /** Length of what is kept from one window to the next; all zero for a new stream. */
  readonly stateFloats: number;
  /** The inputs for a window, whose samples lie in −1..1, after what is kept in `state`. */
  inputs(window: Float32Array, state: Float32Array): Tensors;
  /** The probability of speech, 0..1; leaves in `state` what the next window needs. */
  read(outputs: Tensors, window: Float32Array, state: Float32Array): number;
}
