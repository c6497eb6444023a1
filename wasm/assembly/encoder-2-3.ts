// Stages 4 and 5: the last two convolutions; with one step left, each is a matrix product and ReLU.
//
// Convolution 2, stride two over two steps: tap 0 only ever meets padding, 1 and 2 see a step each.
//   In:   ENCODED_1 [2 steps][64 channels]     Out: ENCODED_2 [64]
//   Cost: 2 × 64 × 64 = 8,192 multiply-adds.
// Convolution 3 over a single step: only its middle tap meets anything but padding.
//   In:   ENCODED_2 [64]                       Out: FEATURES [128]
//   Cost: 64 × 128 = 8,192 multiply-adds.

import { relu } from './activations.ts';
import { dense } from './dense.ts';
import {
  ENCODED_1_AT,
  ENCODED_2_AT,
  ENCODER_1_CHANNELS,
  ENCODER_2_BIAS_AT,
  ENCODER_2_CHANNELS,
  ENCODER_2_WEIGHTS_AT,
  ENCODER_3_BIAS_AT,
  ENCODER_3_CHANNELS,
  ENCODER_3_WEIGHTS_AT,
  FEATURES_AT,
} from './layout.ts';

export function encoder2(): void {
  dense(
    ENCODER_2_WEIGHTS_AT,
    ENCODER_2_BIAS_AT,
    ENCODED_1_AT,
    2 * ENCODER_1_CHANNELS,
    ENCODED_2_AT,
    ENCODER_2_CHANNELS,
  );
  rectify(ENCODED_2_AT, ENCODER_2_CHANNELS);
}

export function encoder3(): void {
  dense(
    ENCODER_3_WEIGHTS_AT,
    ENCODER_3_BIAS_AT,
    ENCODED_2_AT,
    ENCODER_2_CHANNELS,
    FEATURES_AT,
    ENCODER_3_CHANNELS,
  );
  rectify(FEATURES_AT, ENCODER_3_CHANNELS);
}

/** ReLU in place. */
@inline
function rectify(at: usize, count: usize): void {
  for (const end = at + count * 4; at < end; at += 16) v128.store(at, relu(v128.load(at)));
}
