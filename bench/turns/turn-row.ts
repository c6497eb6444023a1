// Sums up what a detector did on several recordings.

import type { Tally } from './judge.ts';

/** One detector's results. Delays are null where no turn was heard. */
export interface TurnRow {
  readonly turns: number;
  readonly endMedianMs: number | null;
  readonly endP90Ms: number | null;
  readonly onsetMedianMs: number | null;
  readonly falseEndsPer100Turns: number;
  /** By the hour without speech. */
  readonly falseStartsPerHour: number;
  readonly missedTurns: number;
  readonly mergedTurns: number;
}

export function turnRow(tallies: readonly Tally[]): TurnRow {
  const turns = total(tallies, 'turns');
  const endDelays = tallies.flatMap((tally) => tally.endDelays);
  const onsetDelays = tallies.flatMap((tally) => tally.onsetDelays);
  return {
    turns,
    endMedianMs: quantileMs(endDelays, 0.5),
    endP90Ms: quantileMs(endDelays, 0.9),
    onsetMedianMs: quantileMs(onsetDelays, 0.5),
    falseEndsPer100Turns: (100 * total(tallies, 'falseEnds')) / turns,
    falseStartsPerHour: (3600 * total(tallies, 'falseStarts')) / total(tallies, 'otherSeconds'),
    missedTurns: total(tallies, 'missedTurns'),
    mergedTurns: total(tallies, 'mergedTurns'),
  };
}

type Counted = {
  [Name in keyof Tally]: Tally[Name] extends number ? Name : never;
}[keyof Tally];

function total(tallies: readonly Tally[], name: Counted): number {
  return tallies.reduce((sum, tally) => sum + tally[name], 0);
}

/** The value below which a share of the others lies, in whole milliseconds. */
function quantileMs(seconds: readonly number[], share: number): number | null {
  if (seconds.length === 0) return null;
  const sorted = seconds.toSorted((a, b) => a - b);
  return Math.round(1000 * sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
}
