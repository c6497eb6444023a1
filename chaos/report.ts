// What a run of chaos has found, as numbers and as text.

import type { Reference } from './references.ts';
import type { SabotageResult } from './sabotage-run.ts';
import type { Scene } from './scene.ts';
import type { Counts, Failure, Tally } from './tally.ts';

/** Dollars for each: Durable Objects pricing, as anchors of cost. WebSocket messages count as a twentieth of a request. */
const PRICES = { request: 0.15e-6, row: 1e-6, gigabyteSecond: 12.5e-6 };
const MESSAGES_PER_REQUEST = 20;
const OBJECT_GIGABYTES = 0.128;

/** A minute of nothing but 50 packets a second: its duration and its messages. */
const FLOOR_DOLLARS =
  60 * OBJECT_GIGABYTES * PRICES.gigabyteSecond + (3000 / MESSAGES_PER_REQUEST) * PRICES.request;

/** The numbers of a run; durations in ms. */
export interface ChaosResult {
  readonly seed: number;
  readonly minutes: number;
  readonly conversations: number;
  readonly eventCount: number;
  readonly events: Readonly<Record<string, number>>;
  readonly heardSamples: number;
  readonly lostSamples: number;
  readonly duplicatedSamples: number;
  readonly reorderedSamples: number;
  readonly foreignSamples: number;
  readonly turnsExpected: number;
  readonly turnsTold: number;
  readonly turnsToldTwice: number;
  readonly reconnections: number;
  /** From the accepted upgrade to the first audio, where speech was owed; null when it never was. */
  readonly resumeMs: {
    readonly count: number;
    readonly median: number | null;
    readonly max: number | null;
  };
  /** Blocks of 10 ms that found nothing to play though the line had been whole for long. */
  readonly lateFramesAtReceiver: number;
  /** Those of them that came while the machine itself was late. */
  readonly lateFramesUnderLoad: number;
  /** Of uninterrupted conversations, by kind and in all; and of those under fault. */
  readonly rowsPerMinute: number;
  readonly rowsPerMinuteByKind: Readonly<Record<string, number>>;
  readonly rowsPerMinuteUnderFaults: number;
  /** Cost of an uninterrupted minute over that of a bare object with 50 packets a second. */
  readonly costRatio: number;
  readonly costRatioUnderFaults: number;
  /** How many sabotaged services were found out, of how many; null where none was tried. */
  readonly sabotages: number | null;
  readonly sabotagesCaught: number | null;
  readonly failures: readonly Failure[];
}

export function resultOf(
  { seed, minutes }: { readonly seed: number; readonly minutes: number },
  tally: Tally,
  references: ReadonlyMap<Scene, Reference>,
  sabotaged: readonly SabotageResult[] | null,
): ChaosResult {
  const { foreignSamples, lateFrames, lateFramesUnderLoad, ...sums } = tally.sums;
  const resumes = tally.resumeMs.toSorted((one, other) => one - other);
  const calm = [...references.values()].flatMap(({ counts }) => (counts === null ? [] : [counts]));
  return {
    seed,
    minutes,
    eventCount: tally.eventCount,
    events: tally.events,
    ...sums,
    foreignSamples,
    resumeMs: {
      count: resumes.length,
      median: rounded(resumes[resumes.length >> 1]),
      max: rounded(resumes.at(-1)),
    },
    lateFramesAtReceiver: lateFrames,
    lateFramesUnderLoad,
    rowsPerMinute: rowsPerMinute(calm),
    rowsPerMinuteByKind: rowsByKind(calm),
    rowsPerMinuteUnderFaults: rowsPerMinute(tally.counts),
    costRatio: costRatio(calm),
    costRatioUnderFaults: costRatio(tally.counts),
    sabotages: sabotaged === null ? null : sabotaged.length,
    sabotagesCaught:
      sabotaged === null ? null : sabotaged.filter(({ isCaught }) => isCaught).length,
    failures: tally.failures,
  };
}

/** Whether everything that must hold did. */
export function isClean({ failures }: ChaosResult): boolean {
  return failures.length === 0;
}

export function reportAsText(result: ChaosResult): string {
  const { resumeMs } = result;
  const lines = [
    `${result.conversations} conversations, ${result.eventCount} faults in ${result.minutes} min, seed ${result.seed}`,
    ...Object.entries(result.events).map(([name, count]) => `  ${name.padEnd(24)} ${count}`),
    `heard ${result.heardSamples} samples: lost ${result.lostSamples}, duplicated ${result.duplicatedSamples}, reordered ${result.reorderedSamples}, said by nobody ${result.foreignSamples}`,
    `turns: ${result.turnsExpected} expected, ${result.turnsTold} told, ${result.turnsToldTwice} told twice`,
    `${result.reconnections} reconnections; first audio after ${resumeMs.median} ms (median of ${resumeMs.count}), ${resumeMs.max} ms at most`,
    `late frames at the receiver: ${result.lateFramesAtReceiver}, ${result.lateFramesUnderLoad} of them while the machine was late itself`,
    `rows per minute: ${result.rowsPerMinute} uninterrupted (${kindsAsText(result.rowsPerMinuteByKind)}), ${result.rowsPerMinuteUnderFaults} under faults`,
    `cost over the floor: ${result.costRatio} uninterrupted, ${result.costRatioUnderFaults} under faults`,
    ...result.failures.flatMap(failureAsText),
    isClean(result) ? 'Nothing was lost, and nothing came twice.' : 'FAILED.',
  ];
  return lines.join('\n');
}

/** One line each: what was wrong, and what had been done to it. */
export function failureAsText({
  scene,
  conversation,
  history,
  faults,
  scoring,
}: Failure): string[] {
  return [
    `${scene} ${conversation.slice(0, 12)}, scored at level "${scoring}" at worst:`,
    ...faults.map((sentence) => `  ${sentence}`),
    `  faults: ${history.join(', ')}`,
  ];
}

function kindsAsText(rows: Readonly<Record<string, number>>): string {
  return Object.entries(rows)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
}

function rowsByKind(counts: readonly Counts[]): Record<string, number> {
  const minutes = minutesOf(counts);
  const kinds = [...new Set(counts.flatMap(({ rows }) => Object.keys(rows)))];
  return Object.fromEntries(
    kinds.map((kind) => {
      const sum = counts.reduce((rows, each) => rows + (each.rows[kind] ?? 0), 0);
      return [kind, rounded(sum / minutes)!];
    }),
  );
}

function rowsPerMinute(counts: readonly Counts[]): number {
  return rounded(rowsOf(counts) / minutesOf(counts)) ?? 0;
}

function costRatio(counts: readonly Counts[]): number {
  const minutes = minutesOf(counts);
  const requests = counts.reduce(
    (sum, each) => sum + each.requests + each.messages / MESSAGES_PER_REQUEST,
    0,
  );
  const dollars =
    60 * minutes * OBJECT_GIGABYTES * PRICES.gigabyteSecond +
    requests * PRICES.request +
    rowsOf(counts) * PRICES.row;
  return Math.round((100 * dollars) / (minutes * FLOOR_DOLLARS)) / 100;
}

function rowsOf(counts: readonly Counts[]): number {
  return counts.reduce(
    (sum, { rows }) => sum + Object.values(rows).reduce((all, count) => all + count, 0),
    0,
  );
}

function minutesOf(counts: readonly Counts[]): number {
  return counts.reduce((sum, { minutes }) => sum + minutes, 0);
}

/** To a tenth; null for what is not there. */
function rounded(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(10 * value) / 10;
}
