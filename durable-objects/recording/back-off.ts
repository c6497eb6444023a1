// How long to wait after a fault before the next attempt.

/** Doubles from `firstMs` with every fault in a row, up to `longestMs`. */
export function backOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
}
