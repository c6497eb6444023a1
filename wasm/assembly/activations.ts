// The network's nonlinearities, four floats at once: ReLU, and sigmoid and tanh by an exponential.

import { multiplyAdd } from './vectors.ts';

/** Adding 1.5 × 2²³ rounds a float to an integer and leaves that integer in the sum's low bits. */
export const ROUNDING_MAGIC: f32 = 12582912.0;

// ln 2 in two parts, the first exact in nine bits: x − n ln 2 then loses nothing (Cody and Waite).
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/** max(x, 0). `pmax` and `pmin` are one instruction on x64, where `max` and `min` are nine. */
@inline
export function relu(x: v128): v128 {
  return f32x4.pmax(f32x4.splat(0), x);
}

/**
 * eˣ: with x = n ln 2 + r and |r| ≤ ½ ln 2, a polynomial of degree seven in r (coefficients of
 * Cephes `expf`) whose exponent bits are raised by n. Arguments are clamped to ±87, where the
 * result still is a normal number.
 */
@inline
export function exponential(argument: v128): v128 {
  const x = f32x4.pmax(f32x4.splat(-87), f32x4.pmin(f32x4.splat(87), argument));
  const rounded = multiplyAdd(x, f32x4.splat(Mathf.LOG2E), f32x4.splat(ROUNDING_MAGIC));
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDING_MAGIC));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));

  let p = multiplyAdd(f32x4.splat(1.98756915e-4), r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));

  const powerOfTwo = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(0x3f800000));
  return f32x4.mul(p, powerOfTwo);
}

/** 1 / (1 + e⁻ˣ) */
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** 1 − 2 / (1 + e²ˣ) */
@inline
export function hyperbolicTangent(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(one, exponential(f32x4.add(x, x)))));
}
