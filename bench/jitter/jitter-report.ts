// The result of `npm run bench:jitter`, as text and as JSON.

import { type Column, decimals, textTable } from '../accuracy/text-table.ts';
import type { JitterRow } from './jitter-row.ts';
import { gainAtEqualConcealment, NETEQ, NETEQ_RECOVERY_MS } from './neteq-anchors.ts';
import type { PlayoutCost } from './playout-cost.ts';

/** What was measured on one trace. */
export interface TraceResult {
  readonly name: string;
  readonly row: JitterRow;
  /** The first 10 s. */
  readonly start: JitterRow;
  readonly bestFixedMs: number;
  readonly leastSpurtMs: number;
  readonly cursorMeanMs: number;
  readonly cursorInterruptionsPerMin: number;
}

/** How long after one stall the delay is small again, over many places in the speech. */
export interface RecoveryResult {
  readonly stallMs: number;
  readonly meanMs: number;
  readonly longestMs: number;
  /** Speech that was never played. */
  readonly unplayedMs: number;
}

/** All that was measured. */
export interface JitterReport {
  readonly results: readonly TraceResult[];
  readonly recoveries: readonly RecoveryResult[];
  readonly costs: readonly PlayoutCost[];
}

type Line = Partial<Pick<JitterRow, 'concealedLatePct' | 'insertedPct' | 'removedPct'>> & {
  readonly name: string;
  readonly meanMs: number | null;
  readonly p95Ms: number | null;
  readonly concealedPct: number | null;
  readonly interruptionsPerMin: number | null;
  readonly gainPct: number | null;
  readonly endMinusStartMs: number | null;
};

const COLUMNS: readonly Column<Line>[] = [
  ['trace', ({ name }) => name],
  ['mean ms', ({ meanMs }) => decimals(meanMs, 1)],
  ['p95 ms', ({ p95Ms }) => decimals(p95Ms, 0)],
  ['concealed %', ({ concealedPct }) => decimals(concealedPct, 3)],
  ['of that late', ({ concealedLatePct }) => decimals(concealedLatePct ?? null, 3)],
  ['interruptions/min', ({ interruptionsPerMin }) => decimals(interruptionsPerMin, 2)],
  ['inserted %', ({ insertedPct }) => decimals(insertedPct ?? null, 2)],
  ['removed %', ({ removedPct }) => decimals(removedPct ?? null, 2)],
  ['end − start ms', ({ endMinusStartMs }) => decimals(endMinusStartMs, 0)],
  ['gain %', ({ gainPct }) => decimals(gainPct, 1)],
];

/** Tables for people. */
export function reportAsText({ results, recoveries, costs }: JitterReport): string {
  const main = textTable(COLUMNS, results.flatMap(linesOf));
  const start = textTable(
    [
      ['first 10 s', ({ name }) => name],
      ['mean ms', ({ start }) => decimals(start.meanMs, 0)],
      ['concealed %', ({ start }) => decimals(start.concealedPct, 2)],
      ['NetEQ mean ms', ({ name }) => decimals(NETEQ[name]?.start?.[0] ?? null, 0)],
      ['NetEQ concealed %', ({ name }) => decimals(NETEQ[name]?.start?.[1] ?? null, 2)],
      ['slowest second', ({ row }) => decimals(row.slowestSecond, 3)],
      ['fastest second', ({ row }) => decimals(row.fastestSecond, 3)],
    ] satisfies readonly Column<TraceResult>[],
    results,
  );
  const recovery = textTable(
    [
      ['one stall', ({ stallMs }) => `${stallMs} ms`],
      ['≤ 100 ms after, mean ms', ({ meanMs }) => decimals(meanMs, 0)],
      ['longest ms', ({ longestMs }) => decimals(longestMs, 0)],
      ['NetEQ ms', ({ stallMs }) => decimals(NETEQ_RECOVERY_MS[stallMs] ?? null, 0)],
      ['not played ms', ({ unplayedMs }) => decimals(unplayedMs, 0)],
    ] satisfies readonly Column<RecoveryResult>[],
    recoveries,
  );
  const cost = textTable(
    [
      ['CPU time', ({ rateHz }) => `${rateHz} Hz`],
      ['insert and pull µs', ({ insertAndPullUs }) => decimals(insertAndPullUs, 2)],
      ['shorten µs', ({ shortenUs }) => decimals(shortenUs, 1)],
      ['lengthen µs', ({ lengthenUs }) => decimals(lengthenUs, 1)],
    ] satisfies readonly Column<PlayoutCost>[],
    costs,
  );
  return [main, start, recovery, cost].join('\n\n');
}

/** One object keyed by trace name, and `recovery` and `cost` beside them. */
export function reportAsJson({ results, recoveries, costs }: JitterReport): string {
  return JSON.stringify({
    ...Object.fromEntries(
      results.map((result) => [
        result.name,
        {
          ...result.row,
          gainAtEqualConcealmentPct: gainAtEqualConcealment(result.name, result.row),
          bestFixedMs: result.bestFixedMs,
          leastSpurtMs: result.leastSpurtMs,
          cursorMeanMs: result.cursorMeanMs,
          cursorInterruptionsPerMin: result.cursorInterruptionsPerMin,
          first10s: result.start,
          neteq: NETEQ[result.name] ?? null,
        },
      ]),
    ),
    recovery: recoveries,
    cost: costs,
  });
}

function linesOf(result: TraceResult): Line[] {
  const nothing = { p95Ms: null, concealedPct: null, interruptionsPerMin: null };
  const unknown = { gainPct: null, endMinusStartMs: null };
  const { name, row } = result;
  const neteq = NETEQ[name];
  return [
    { ...row, name, gainPct: gainAtEqualConcealment(name, row) },
    ...(neteq === undefined ? [] : [{ ...unknown, ...neteq.row, name: '  NetEQ' }]),
    { ...nothing, ...unknown, name: '  best fixed delay', meanMs: result.bestFixedMs },
    { ...nothing, ...unknown, name: '  least by talkspurt', meanMs: result.leastSpurtMs },
    {
      ...nothing,
      ...unknown,
      name: '  cursor player',
      meanMs: result.cursorMeanMs,
      interruptionsPerMin: result.cursorInterruptionsPerMin,
    },
  ];
}
