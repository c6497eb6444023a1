// Medians, percentiles and shares.

/** In the unit of the values; null where there is none, Infinity where that many never came. */
export interface Figures {
  readonly count: number;
  readonly median: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

export function figures(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? null;
  return { count: sorted.length, median: at(0.5), p90: at(0.9), p95: at(0.95), max: at(1) };
}

/** Share of the values for which something holds, in %; 100 of none. */
export function share(values: readonly number[], holds: (value: number) => boolean): number {
  return values.length === 0 ? 100 : (100 * values.filter(holds).length) / values.length;
}
