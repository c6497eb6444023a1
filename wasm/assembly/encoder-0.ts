// Stage 2: the first convolution, 129 bins → 128 channels at all four steps; three taps, ReLU.
//
// In:      SPECTRUM [129 bins][4 frames]
// Out:     ENCODED_0 [128 channels][4 steps]
// Weights: [16 tiles][129 bins][2 halves][3 taps][4 channels]
// Cost:    of the 12 pairs (step, tap) two meet only padding:
//          10 × 129 × 128 = 165,120 multiply-adds.
//
// A tile is 8 channels at 4 steps: eight accumulators that stay in registers while the bins go by.
// A vector is four channels; the four frames of a bin come in one load and are spread over the
// lanes one by one.

import { relu } from './activations.ts';
import {
  BINS,
  ENCODED_0_AT,
  ENCODER_0_BIAS_AT,
  ENCODER_0_CHANNELS,
  ENCODER_0_TILE,
  ENCODER_0_WEIGHTS_AT,
  FRAMES,
  SPECTRUM_AT,
} from './layout.ts';
import { multiplyAdd, spread0, spread1, spread2, spread3, storeColumns } from './vectors.ts';
import { countMultiplyAdds } from './work.ts';

export function encoder0(): void {
  let w: usize = ENCODER_0_WEIGHTS_AT;
  let bias: usize = ENCODER_0_BIAS_AT;
  let output: usize = ENCODED_0_AT;
  for (let tile: usize = 0; tile < ENCODER_0_CHANNELS / ENCODER_0_TILE; tile++) {
    // Accumulators by half of the tile (a, b) and step.
    const biasA = v128.load(bias);
    const biasB = v128.load(bias + 16);
    let a0 = biasA;
    let a1 = biasA;
    let a2 = biasA;
    let a3 = biasA;
    let b0 = biasB;
    let b1 = biasB;
    let b2 = biasB;
    let b3 = biasB;

    for (let bin: usize = SPECTRUM_AT; bin < SPECTRUM_AT + BINS * FRAMES * 4; bin += FRAMES * 4) {
      const frames = v128.load(bin);
      const x0 = spread0(frames);
      const x1 = spread1(frames);
      const x2 = spread2(frames);
      const x3 = spread3(frames);

      let past = v128.load(w);
      let present = v128.load(w + 16);
      let future = v128.load(w + 32);
      a0 = multiplyAdd(present, x0, a0);
      a1 = multiplyAdd(past, x0, a1);
      a2 = multiplyAdd(past, x1, a2);
      a3 = multiplyAdd(past, x2, a3);
      a0 = multiplyAdd(future, x1, a0);
      a1 = multiplyAdd(present, x1, a1);
      a2 = multiplyAdd(present, x2, a2);
      a3 = multiplyAdd(present, x3, a3);
      a1 = multiplyAdd(future, x2, a1);
      a2 = multiplyAdd(future, x3, a2);

      past = v128.load(w + 48);
      present = v128.load(w + 64);
      future = v128.load(w + 80);
      b0 = multiplyAdd(present, x0, b0);
      b1 = multiplyAdd(past, x0, b1);
      b2 = multiplyAdd(past, x1, b2);
      b3 = multiplyAdd(past, x2, b3);
      b0 = multiplyAdd(future, x1, b0);
      b1 = multiplyAdd(present, x1, b1);
      b2 = multiplyAdd(present, x2, b2);
      b3 = multiplyAdd(present, x3, b3);
      b1 = multiplyAdd(future, x2, b1);
      b2 = multiplyAdd(future, x3, b2);
      w += 96;
    }

    storeColumns(output, relu(a0), relu(a1), relu(a2), relu(a3));
    storeColumns(output + 64, relu(b0), relu(b1), relu(b2), relu(b3));
    output += ENCODER_0_TILE * FRAMES * 4;
    bias += ENCODER_0_TILE * 4;
  }
  countMultiplyAdds(10 * BINS * ENCODER_0_CHANNELS);
}
