// Adds a matrix of 16-bit integers times a vector to floats: the LSTM's loop in the int16 builds.
//
// Weights: [64 tiles of 8 rows][16 vectors of 8 inputs][8 rows][8 inputs], in steps of their row
// Steps:   a float for each row: the weight that the integer 1 stands for
// Cost:    128 × 512 = 65,536 multiply-adds; eight of them are one instruction.
//
// The inputs are rounded to integers whose step follows from the largest of them, window by window.
// A lane of an accumulator sums 32 inputs of a row, and no more: so few can use nearly all 32 bits
// (wasm/weights-file.ts chooses the rows' steps so that no input can overflow them), and the lanes
// are added up as floats.

import { ROUNDING_MAGIC } from './activations.ts';
import { HIDDEN, INT16_INPUT_AT, INT16_LARGEST_INPUT, INT16_TILE, LSTM_ROWS } from './layout.ts';
import { multiplyAdd, spreadLargest, sumRows } from './vectors.ts';
import { countMultiplyAdds } from './work.ts';

/** Bytes from eight inputs' weights to those of the next eight. */
const ROW = INT16_TILE * 16;

/** What an input of nothing but zeros is taken to reach. */
const SMALLEST_REACH: f32 = 1e-20;

/** `input` [128] and `sums` [512], which the product is added to, are floats. */
export function addInt16Product(weights: usize, steps: usize, input: usize, sums: usize): void {
  const inputStep = roundInput(input);
  let w = weights;
  for (let tile: usize = 0; tile < LSTM_ROWS * 4; tile += INT16_TILE * 4) {
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    let e = i32x4.splat(0);
    let f = i32x4.splat(0);
    let g = i32x4.splat(0);
    let h = i32x4.splat(0);

    for (let at: usize = INT16_INPUT_AT; at < INT16_INPUT_AT + HIDDEN * 2; at += 64) {
      const x0 = v128.load(at);
      const x1 = v128.load(at + 16);
      const x2 = v128.load(at + 32);
      const x3 = v128.load(at + 48);
      a = addInputs(w, x0, x1, x2, x3, a);
      b = addInputs(w + 16, x0, x1, x2, x3, b);
      c = addInputs(w + 32, x0, x1, x2, x3, c);
      d = addInputs(w + 48, x0, x1, x2, x3, d);
      e = addInputs(w + 64, x0, x1, x2, x3, e);
      f = addInputs(w + 80, x0, x1, x2, x3, f);
      g = addInputs(w + 96, x0, x1, x2, x3, g);
      h = addInputs(w + 112, x0, x1, x2, x3, h);
      w += 4 * ROW;
    }

    addRows(sums + tile, steps + tile, inputStep, a, b, c, d);
    addRows(sums + tile + 16, steps + tile + 16, inputStep, e, f, g, h);
  }
  countMultiplyAdds(HIDDEN * LSTM_ROWS);
}

/** What 32 inputs add to one row, in four parts. */
@inline
function addInputs(w: usize, x0: v128, x1: v128, x2: v128, x3: v128, sum: v128): v128 {
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(w), x0));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(w + ROW), x1));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(w + 2 * ROW), x2));
  return i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(w + 3 * ROW), x3));
}

/** Adds the four rows a, b, c and d, back in floats. */
@inline
function addRows(
  sums: usize,
  steps: usize,
  inputStep: v128,
  a: v128,
  b: v128,
  c: v128,
  d: v128,
): void {
  const products = sumRows(
    f32x4.convert_i32x4_s(a),
    f32x4.convert_i32x4_s(b),
    f32x4.convert_i32x4_s(c),
    f32x4.convert_i32x4_s(d),
  );
  const step = f32x4.mul(inputStep, v128.load(steps));
  v128.store(sums, multiplyAdd(products, step, v128.load(sums)));
}

/** Rounds the input to INT16_INPUT and returns its step, in all four lanes. */
function roundInput(input: usize): v128 {
  let reach = f32x4.splat(SMALLEST_REACH);
  for (let i: usize = 0; i < HIDDEN * 4; i += 16) {
    reach = f32x4.pmax(reach, f32x4.abs(v128.load(input + i)));
  }
  reach = spreadLargest(reach);
  const largest = f32x4.splat(f32(INT16_LARGEST_INPUT));
  const scale = f32x4.div(largest, reach);
  const magic = f32x4.splat(ROUNDING_MAGIC);
  for (let i: usize = 0; i < HIDDEN * 4; i += 32) {
    const low = f32x4.add(f32x4.mul(v128.load(input + i), scale), magic);
    const high = f32x4.add(f32x4.mul(v128.load(input + i + 16), scale), magic);
    v128.store(INT16_INPUT_AT + i / 2, v128.shuffle<i16>(low, high, 0, 2, 4, 6, 8, 10, 12, 14));
  }
  return f32x4.div(reach, largest);
}
