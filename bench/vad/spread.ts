// A measured number: the middle of what all rounds gave, and how far apart they were.

/** Median and quartiles; `values` are those of the single rounds, in their order. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly values: readonly number[];
}

/** Throws when there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('Cannot take the median of nothing.');
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    values,
  };
}

/** The quotients of the same rounds: what disturbed a round disturbed both. */
export function spreadOfPairs(numerator: Spread, denominator: Spread): Spread {
  return spreadOf(numerator.values.map((value, round) => value / denominator.values[round]!));
}

function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  return below + (position % 1) * (sorted[Math.ceil(position)]! - below);
}
