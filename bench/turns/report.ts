// The turn benchmark's result as text.

import { type Column, decimals, textTable } from '../accuracy/text-table.ts';
import type { Interval } from './bootstrap.ts';
import type { Comparison } from './comparison.ts';
import type { CrossFit } from './tuning.ts';
import type { TurnRow } from './turn-row.ts';

/** The result as JSON has it; rows are keyed by detector. */
export interface TurnResult {
  readonly gapMs: number;
  readonly rows: Readonly<Record<string, TurnRow>>;
  /** Rows by the gap, in milliseconds, that true turns were made with. */
  readonly otherGaps: Readonly<Record<string, Readonly<Record<string, TurnRow>>>>;
  /** Settings of the matched detectors: of those for one half of the recordings, and for the other. */
  readonly settings: Readonly<Record<string, CrossFit['settings']>>;
  readonly comparisons: readonly Comparison[];
}

export function turnsReport({ gapMs, rows, otherGaps, comparisons }: TurnResult): string {
  const table = textTable(COMPARISON_COLUMNS, comparisons);
  const parts = [
    `A true turn holds pauses shorter than ${gapMs} ms.`,
    rowsTable(rows),
    ...Object.entries(otherGaps).flatMap(([gap, others]) => [
      `\nPauses shorter than ${gap} ms:`,
      rowsTable(others),
    ]),
    ...(comparisons.length === 0 ? [NOT_MATCHED] : [MATCHED, table]),
  ];
  return parts.join('\n');
}

const MATCHED =
  '\nMatched to a peer on the other half of the recordings; change against the peer and its 95 % interval:';
const NOT_MATCHED =
  '\nToo few recordings with speech to match the peers on one half and judge on the other.';

const COMPARISON_COLUMNS: readonly Column<Comparison>[] = [
  ['peer', ({ peer }) => peer],
  ['matched', ({ matched }) => matched],
  ['hangover', ({ hangover }) => hangover],
  ['end median', (row) => percent(row.endMedianChange, row.endMedianInterval)],
  ['end p90', (row) => percent(row.endP90Change, row.endP90Interval)],
  ['false ends', (row) => percent(row.falseEndsChange, row.falseEndsInterval)],
];

function rowsTable(rows: Readonly<Record<string, TurnRow>>): string {
  return textTable<readonly [string, TurnRow]>(
    [
      ['detector', ([name]) => name],
      ['turns', ([, row]) => String(row.turns)],
      ['end median ms', ([, row]) => decimals(row.endMedianMs, 0)],
      ['end p90 ms', ([, row]) => decimals(row.endP90Ms, 0)],
      ['onset median ms', ([, row]) => decimals(row.onsetMedianMs, 0)],
      ['false ends/100', ([, row]) => decimals(row.falseEndsPer100Turns, 1)],
      ['false starts/h', ([, row]) => decimals(row.falseStartsPerHour, 1)],
      ['missed', ([, row]) => String(row.missedTurns)],
      ['merged', ([, row]) => String(row.mergedTurns)],
    ],
    Object.entries(rows),
  );
}

function percent(change: number, interval: Interval | null): string {
  if (Number.isNaN(change)) return '–';
  const share = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(0)}`;
  return interval === null
    ? `${share(change)} %`
    : `${share(change)} % (${share(interval[0])} … ${share(interval[1])})`;
}
