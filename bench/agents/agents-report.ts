// The figures of all agents and bridges, as a row each.

import { verdictOn } from '../../test/fakes/sabotage-case.ts';
import { decimals, textTable } from '../accuracy/text-table.ts';
import type { Adapter, AdapterFigures, Depth } from './adapter.ts';

/** Milliseconds; null where nothing was measured. */
export interface AgentRow {
  readonly addedMsMedian: number | null;
  readonly addedMsP95: number | null;
  readonly addedMsMax: number | null;
  readonly workMsMedian: number | null;
  readonly workMsP95: number | null;
  readonly commitToWireMsMedian: number | null;
  readonly commitToWireMsP95: number | null;
  readonly commitToWireMsMax: number | null;
  readonly heardErrorMsMax: number | null;
  readonly lostSamples: number;
  readonly sabotagesCaught: number;
  readonly sabotages: number;
  /** Sabotages that were not caught, and whatever else was found wrong. */
  readonly complaints: readonly string[];
}

export interface AgentsResult extends Depth {
  /** Of all of them. */
  readonly lostSamples: number;
  readonly sabotagesCaught: number;
  readonly sabotages: number;
  readonly adapters: Readonly<Record<string, AgentRow>>;
}

/** Measures one adapter, and tries its sabotages. */
export async function rowOf(adapter: Adapter, depth: Depth): Promise<AgentRow> {
  const { addedMs, workMs, commitToWireMs, heardErrorMs, lostSamples, complaints }: AdapterFigures =
    await adapter.measure(depth);
  const missed = adapter.sabotages.flatMap((sabotage) => {
    const verdict = verdictOn(sabotage);
    return verdict === 'caught' ? [] : [`Not caught: ${sabotage.name}. ${verdict}`];
  });
  return {
    addedMsMedian: quantile(addedMs, 0.5),
    addedMsP95: quantile(addedMs, 0.95),
    addedMsMax: quantile(addedMs, 1),
    workMsMedian: quantile(workMs, 0.5),
    workMsP95: quantile(workMs, 0.95),
    commitToWireMsMedian: quantile(commitToWireMs, 0.5),
    commitToWireMsP95: quantile(commitToWireMs, 0.95),
    commitToWireMsMax: quantile(commitToWireMs, 1),
    heardErrorMsMax: quantile(heardErrorMs, 1),
    lostSamples,
    sabotagesCaught: adapter.sabotages.length - missed.length,
    sabotages: adapter.sabotages.length,
    complaints: [...complaints, ...missed],
  };
}

export function resultOf(adapters: Readonly<Record<string, AgentRow>>, depth: Depth): AgentsResult {
  const rows = Object.values(adapters);
  const sum = (of: (row: AgentRow) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    lostSamples: sum(({ lostSamples }) => lostSamples),
    sabotagesCaught: sum(({ sabotagesCaught }) => sabotagesCaught),
    sabotages: sum(({ sabotages }) => sabotages),
    ...depth,
    adapters,
  };
}

export function agentsReport({ adapters, calls, minutes, lostSamples }: AgentsResult): string {
  const table = textTable<readonly [string, AgentRow]>(
    [
      ['adapter', ([name]) => name],
      ['added ms', ([, row]) => spread(row.addedMsMedian, row.addedMsP95, row.addedMsMax)],
      ['computing ms', ([, row]) => spread(row.workMsMedian, row.workMsP95)],
      [
        'commit to wire ms',
        ([, row]) => spread(row.commitToWireMsMedian, row.commitToWireMsP95, row.commitToWireMsMax),
      ],
      ['heard error ms', ([, row]) => decimals(row.heardErrorMsMax, 1)],
      ['lost samples', ([, row]) => String(row.lostSamples)],
      ['caught', ([, row]) => `${row.sabotagesCaught} of ${row.sabotages}`],
    ],
    Object.entries(adapters),
  );
  return [
    `${calls} calls with an interruption and one of ${minutes} minutes each, in virtual time, with a fake at the other end;`,
    'computing takes the CPU time that it takes on this machine. Shown: median / p95 / max; of computing, median / p95.',
    '',
    table,
    '',
    `${lostSamples} samples lost in all.`,
  ].join('\n');
}

function spread(...values: readonly (number | null)[]): string {
  return values.map((value) => decimals(value, 2)).join(' / ');
}

/** The smallest value that so many of all do not exceed. */
function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
