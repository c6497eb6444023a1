// How far a comparison of two detectors could be chance: whole recordings drawn again and again, with replacement.

const DRAWS = 2000;
const SEED = 20_260_801;

/** Bounds that 95 of 100 draws lie within. */
export type Interval = readonly [low: number, high: number];

/**
 * The interval of `statistic` over draws of as many recordings as there are; it is given their indices. Draws where it
 * is not finite are left out; null when all are. The same every time.
 */
export function bootstrapInterval(
  recordings: number,
  statistic: (indices: readonly number[]) => number,
): Interval | null {
  const draw = xorshift32(SEED);
  const values = Array.from({ length: DRAWS }, () =>
    statistic(Array.from({ length: recordings }, () => draw() % recordings)),
  )
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (values.length === 0) return null;
  const at = (share: number) => values[Math.floor(share * (values.length - 1))]!;
  return [at(0.025), at(0.975)];
}

/** Marsaglia 2003, "Xorshift RNGs": 32 bits of state, which is plenty for this. */
function xorshift32(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
