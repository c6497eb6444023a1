// Stage 3: the second convolution, 128 → 64 channels; three taps with stride two, ReLU.
//
// In:      ENCODED_0 [128 channels][4 steps]
// Out:     ENCODED_1 [2 steps][64 channels]
// Weights: [4 tiles][128 channels][4 quarters][3 taps][4 channels]
// Cost:    of the 6 pairs (step, tap) one meets only padding: 5 × 128 × 64 = 40,960 multiply-adds.
//
// Step 0 sees the inputs −1 (padding), 0 and 1; step 1 sees 1, 2 and 3. A tile is 16 channels at
// both steps.

import { relu } from './activations.ts';
import {
  ENCODED_0_AT,
  ENCODED_1_AT,
  ENCODER_0_CHANNELS,
  ENCODER_1_BIAS_AT,
  ENCODER_1_CHANNELS,
  ENCODER_1_TILE,
  ENCODER_1_WEIGHTS_AT,
} from './layout.ts';
import { multiplyAdd, spread0, spread1, spread2, spread3 } from './vectors.ts';
import { countMultiplyAdds } from './work.ts';

export function encoder1(): void {
  let w: usize = ENCODER_1_WEIGHTS_AT;
  let bias: usize = ENCODER_1_BIAS_AT;
  let output: usize = ENCODED_1_AT;
  for (let tile: usize = 0; tile < ENCODER_1_CHANNELS / ENCODER_1_TILE; tile++) {
    // Accumulators by quarter of the tile (a, b, c, d) and step.
    let a0 = v128.load(bias);
    let b0 = v128.load(bias + 16);
    let c0 = v128.load(bias + 32);
    let d0 = v128.load(bias + 48);
    let a1 = a0;
    let b1 = b0;
    let c1 = c0;
    let d1 = d0;

    for (
      let channel: usize = ENCODED_0_AT;
      channel < ENCODED_0_AT + ENCODER_0_CHANNELS * 16;
      channel += 16
    ) {
      const steps = v128.load(channel);
      const x0 = spread0(steps);
      const x1 = spread1(steps);
      const x2 = spread2(steps);
      const x3 = spread3(steps);

      let past = v128.load(w);
      let present = v128.load(w + 16);
      let future = v128.load(w + 32);
      a0 = multiplyAdd(future, x1, multiplyAdd(present, x0, a0));
      a1 = multiplyAdd(future, x3, multiplyAdd(present, x2, multiplyAdd(past, x1, a1)));

      past = v128.load(w + 48);
      present = v128.load(w + 64);
      future = v128.load(w + 80);
      b0 = multiplyAdd(future, x1, multiplyAdd(present, x0, b0));
      b1 = multiplyAdd(future, x3, multiplyAdd(present, x2, multiplyAdd(past, x1, b1)));

      past = v128.load(w + 96);
      present = v128.load(w + 112);
      future = v128.load(w + 128);
      c0 = multiplyAdd(future, x1, multiplyAdd(present, x0, c0));
      c1 = multiplyAdd(future, x3, multiplyAdd(present, x2, multiplyAdd(past, x1, c1)));

      past = v128.load(w + 144);
      present = v128.load(w + 160);
      future = v128.load(w + 176);
      d0 = multiplyAdd(future, x1, multiplyAdd(present, x0, d0));
      d1 = multiplyAdd(future, x3, multiplyAdd(present, x2, multiplyAdd(past, x1, d1)));
      w += 192;
    }

    storeFour(output, a0, b0, c0, d0);
    storeFour(output + ENCODER_1_CHANNELS * 4, a1, b1, c1, d1);
    output += ENCODER_1_TILE * 4;
    bias += ENCODER_1_TILE * 4;
  }
  countMultiplyAdds(5 * ENCODER_0_CHANNELS * ENCODER_1_CHANNELS);
}

@inline
function storeFour(at: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(at, relu(a));
  v128.store(at + 16, relu(b));
  v128.store(at + 32, relu(c));
  v128.store(at + 48, relu(d));
}
