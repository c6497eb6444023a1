// This project's detector beside a peer, matched in one respect: what it gains in the other.

import { bootstrapInterval, type Interval } from './bootstrap.ts';
import type { Tally } from './judge.ts';
import type { HangoverKind, Match } from './tuning.ts';
import { turnRow } from './turn-row.ts';

/**
 * Changes are shares of the peer's value: −0.2 is 20 % less; not a number where that value is 0. Intervals hold 95 of 100
 * draws of recordings.
 */
export interface Comparison {
  readonly peer: string;
  readonly matched: Match;
  readonly hangover: HangoverKind;
  readonly falseEndsChange: number;
  readonly falseEndsInterval: Interval | null;
  readonly endMedianChange: number;
  readonly endMedianInterval: Interval | null;
  readonly endP90Change: number;
  readonly endP90Interval: Interval | null;
}

export function compare(
  peer: string,
  matched: Match,
  hangover: HangoverKind,
  own: readonly Tally[],
  peers: readonly Tally[],
): Comparison {
  const falseEnds = (indices: readonly number[]) =>
    change(indices, own, peers, (tallies) => turnRow(tallies).falseEndsPer100Turns);
  const endMedian = (indices: readonly number[]) =>
    change(indices, own, peers, (tallies) => turnRow(tallies).endMedianMs ?? Number.NaN);
  const endP90 = (indices: readonly number[]) =>
    change(indices, own, peers, (tallies) => turnRow(tallies).endP90Ms ?? Number.NaN);
  const all = [...own.keys()];
  return {
    peer,
    matched,
    hangover,
    falseEndsChange: falseEnds(all),
    falseEndsInterval: bootstrapInterval(own.length, falseEnds),
    endMedianChange: endMedian(all),
    endMedianInterval: bootstrapInterval(own.length, endMedian),
    endP90Change: endP90(all),
    endP90Interval: bootstrapInterval(own.length, endP90),
  };
}

function change(
  indices: readonly number[],
  own: readonly Tally[],
  peers: readonly Tally[],
  value: (tallies: readonly Tally[]) => number,
): number {
  const drawn = (tallies: readonly Tally[]) => indices.map((index) => tallies[index]!);
  return value(drawn(own)) / value(drawn(peers)) - 1;
}
