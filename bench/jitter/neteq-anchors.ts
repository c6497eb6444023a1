// WebRTC's NetEQ on the same traces: measured once, in virtual time, and kept here to be stood beside.

import type { JitterRow } from './jitter-row.ts';

/** What is known of NetEQ's row; null where it was not measured. */
export interface PeerRow {
  readonly meanMs: number;
  readonly p95Ms: number | null;
  readonly concealedPct: number;
  readonly interruptionsPerMin: number | null;
}

/** NetEQ on one trace: its default, and its operating curve over the quantile (mean ms, concealed %). */
export interface PeerAnchor {
  readonly row: PeerRow;
  readonly curve: readonly (readonly [meanMs: number, concealedPct: number])[];
  /** The first 10 s: mean ms and concealed %, 20 seeds. */
  readonly start: readonly [meanMs: number, concealedPct: number] | null;
}

/**
 * NetEQ (C++, November 2026): 20 ms frames, seeds 101 to 105 of 10 minutes, without the first 10 s, which have a row
 * of their own (seeds 101 to 120). Quantiles .8, .9, .95 (the default), .97 and .99.
 */
export const NETEQ: Readonly<Record<string, PeerAnchor>> = {
  clean: {
    row: { meanMs: 28, p95Ms: 28, concealedPct: 0, interruptionsPerMin: 0 },
    curve: [[28, 0]],
    start: [30, 0],
  },
  wifi: {
    row: { meanMs: 168.6, p95Ms: 210, concealedPct: 0.43, interruptionsPerMin: 0 },
    curve: [
      [124, 0.89],
      [148, 0.58],
      [168.6, 0.43],
      [184, 0.35],
      [207, 0.29],
    ],
    start: [111, 1.37],
  },
  'tcp-stalls': {
    row: { meanMs: 269, p95Ms: 565, concealedPct: 0.79, interruptionsPerMin: 1.06 },
    curve: [
      [207, 1.58],
      [231, 1.11],
      [269, 0.79],
      [280, 0.75],
      [436, 0.51],
    ],
    start: [172, 2.47],
  },
  ge5: {
    row: { meanMs: 54.5, p95Ms: 62, concealedPct: 4.57, interruptionsPerMin: 1.8 },
    curve: [[54.5, 4.57]],
    start: [47, 4.62],
  },
  lte: {
    row: { meanMs: 141, p95Ms: 320, concealedPct: 0.72, interruptionsPerMin: 1.43 },
    curve: [
      [125, 0.8],
      [129, 0.78],
      [141, 0.72],
      [172, 0.62],
      [293, 0.24],
    ],
    start: [114, 1.1],
  },
  'tcp-rtt40-loss0.5': {
    row: { meanMs: 69, p95Ms: null, concealedPct: 0.08, interruptionsPerMin: null },
    curve: [
      [51, 0.356],
      [54, 0.28],
      [69, 0.08],
      [76, 0.026],
    ],
    start: null,
  },
  'tcp-rtt80-loss1': {
    row: { meanMs: 157, p95Ms: null, concealedPct: 0.097, interruptionsPerMin: null },
    curve: [
      [115, 0.771],
      [136, 0.138],
      [157, 0.097],
      [156, 0.086],
      [166, 0.077],
    ],
    start: null,
  },
};

/** NetEQ's time to a delay of 100 ms after one stall of so many ms. */
export const NETEQ_RECOVERY_MS: Readonly<Record<number, number>> = {
  200: 2600,
  500: 3100,
  1000: 3900,
  2000: 6300,
};

/**
 * By how much the mean delay is below that of NetEQ at the same concealment, in percent: on the lower-left hull of its
 * curve, and on its nearest end beyond that. Null where NetEQ was not measured.
 */
export function gainAtEqualConcealment(name: string, row: JitterRow): number | null {
  const anchor = NETEQ[name];
  if (anchor === undefined) return null;
  return 100 * (1 - row.meanMs / hullMeanMs(anchor.curve, row.concealedPct));
}

/** Mean delay of the lower-left convex hull of points (mean, concealed) at this concealment. */
export function hullMeanMs(curve: PeerAnchor['curve'], concealedPct: number): number {
  const hull = lowerHull(curve);
  const after = hull.findIndex(([, concealed]) => concealed >= concealedPct);
  if (after === 0) return hull[0]![0];
  if (after < 0) return hull.at(-1)![0];
  const [meanA, concealedA] = hull[after - 1]!;
  const [meanB, concealedB] = hull[after]!;
  return meanA + ((meanB - meanA) * (concealedPct - concealedA)) / (concealedB - concealedA);
}

function lowerHull(curve: PeerAnchor['curve']): PeerAnchor['curve'] {
  const hull: (readonly [number, number])[] = [];
  for (const point of curve.toSorted(([, a], [, b]) => a - b)) {
    while (hull.length >= 2 && !turnsLeft(hull.at(-2)!, hull.at(-1)!, point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** Whether the way from a over b to c (concealment to the right, mean upwards) turns left at b. */
function turnsLeft(
  [meanA, xA]: readonly [number, number],
  [meanB, xB]: readonly [number, number],
  [meanC, xC]: readonly [number, number],
): boolean {
  return (xB - xA) * (meanC - meanA) - (meanB - meanA) * (xC - xA) > 0;
}
