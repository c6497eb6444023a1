// How alike two stretches of sound are, and at which shift.

/** A shift in samples, and the normalised cross-correlation there: 1 for the same sound at any volume. */
export interface Likeness {
  readonly lag: number;
  readonly correlation: number;
}

/** Σab / √(Σa²·Σb²) of `part` and the same number of samples of `whole` from `offset` on. */
export function correlationAt(part: Int16Array, whole: Int16Array, offset: number): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let index = 0; index < part.length; index++) {
    const a = part[index]!;
    const b = whole[offset + index] ?? 0;
    ab += a * b;
    aa += a * a;
    bb += b * b;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Finds where in `whole` the `part` lies best, at most `within` samples around `near`. */
export function bestLikeness(
  part: Int16Array,
  whole: Int16Array,
  near: number,
  within: number,
): Likeness {
  let best: Likeness = { lag: near, correlation: -1 };
  for (let lag = Math.max(0, near - within); lag <= near + within; lag++) {
    const correlation = correlationAt(part, whole, lag);
    if (correlation > best.correlation) best = { lag, correlation };
  }
  return best;
}
