// Small operations on vectors of four floats that every stage shares.

/**
 * a × b + c. With relaxed SIMD one instruction, and one rounding where the processor has a fused
 * multiply-add; without it two, and the same bits everywhere.
 */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** All four lanes filled with lane 0, 1, 2 or 3. */
@inline
export function spread0(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 0, 0, 0, 0);
}

@inline
export function spread1(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 1, 1, 1, 1);
}

@inline
export function spread2(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 2, 2, 2);
}

@inline
export function spread3(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 3, 3, 3, 3);
}

/** Stores the columns of the 4 × 4 matrix whose rows are a, b, c and d. */
@inline
export function storeColumns(at: usize, a: v128, b: v128, c: v128, d: v128): void {
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(at, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
  v128.store(at + 16, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7));
  v128.store(at + 32, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(at + 48, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** The sum of the four lanes. */
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** The sums of the rows of the 4 × 4 matrix whose rows are a, b, c and d. */
@inline
export function sumRows(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 2, 4, 6), v128.shuffle<f32>(c, d, 1, 3, 5, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** All four lanes filled with the largest. */
@inline
export function spreadLargest(x: v128): v128 {
  const pairs = f32x4.pmax(x, v128.shuffle<f32>(x, x, 1, 0, 3, 2));
  return f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 2, 3, 0, 1));
}
