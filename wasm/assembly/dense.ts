// A matrix times a vector plus a bias: the one loop behind the last two convolutions and the LSTM.
//
// Weights: [tiles of 32 outputs][input][32 outputs]
// Cost:    inputs × outputs multiply-adds; every weight is read once, front to back.
//
// A tile is 32 outputs in eight accumulators. Inputs come four to a load and are spread over the
// lanes one by one: workerd checks the bounds of every single load, so few wide loads are worth
// more than few instructions.

import { DENSE_TILE } from './layout.ts';
import { multiplyAdd, spread0, spread1, spread2, spread3 } from './vectors.ts';
import { countMultiplyAdds } from './work.ts';

/** Bytes from one input's weights to the next. */
const ROW = DENSE_TILE * 4;

/**
 * `outputs` must be a multiple of 32 and `inputs` of 4; all four addresses are multiples of 16, and
 * `bias` may be `output`.
 */
export function dense(
  weights: usize,
  bias: usize,
  input: usize,
  inputs: usize,
  output: usize,
  outputs: usize,
): void {
  const inputEnd = input + inputs * 4;
  let w = weights;
  for (let tile: usize = 0; tile < outputs * 4; tile += ROW) {
    let a = v128.load(bias + tile);
    let b = v128.load(bias + tile + 16);
    let c = v128.load(bias + tile + 32);
    let d = v128.load(bias + tile + 48);
    let e = v128.load(bias + tile + 64);
    let f = v128.load(bias + tile + 80);
    let g = v128.load(bias + tile + 96);
    let h = v128.load(bias + tile + 112);

    for (let at = input; at < inputEnd; at += 16) {
      const four = v128.load(at);
      const x0 = spread0(four);
      const x1 = spread1(four);
      const x2 = spread2(four);
      const x3 = spread3(four);
      a = addFourInputs(w, x0, x1, x2, x3, a);
      b = addFourInputs(w + 16, x0, x1, x2, x3, b);
      c = addFourInputs(w + 32, x0, x1, x2, x3, c);
      d = addFourInputs(w + 48, x0, x1, x2, x3, d);
      e = addFourInputs(w + 64, x0, x1, x2, x3, e);
      f = addFourInputs(w + 80, x0, x1, x2, x3, f);
      g = addFourInputs(w + 96, x0, x1, x2, x3, g);
      h = addFourInputs(w + 112, x0, x1, x2, x3, h);
      w += 4 * ROW;
    }

    v128.store(output + tile, a);
    v128.store(output + tile + 16, b);
    v128.store(output + tile + 32, c);
    v128.store(output + tile + 48, d);
    v128.store(output + tile + 64, e);
    v128.store(output + tile + 80, f);
    v128.store(output + tile + 96, g);
    v128.store(output + tile + 112, h);
  }
  countMultiplyAdds(inputs * outputs);
}

/** What four inputs add to four outputs. */
@inline
function addFourInputs(w: usize, x0: v128, x1: v128, x2: v128, x3: v128, sum: v128): v128 {
  sum = multiplyAdd(v128.load(w), x0, sum);
  sum = multiplyAdd(v128.load(w + ROW), x1, sum);
  sum = multiplyAdd(v128.load(w + 2 * ROW), x2, sum);
  return multiplyAdd(v128.load(w + 3 * ROW), x3, sum);
}
