// A row of the comparison: what a listener had on one trace.

import type { TraceRun } from './trace-run.ts';

/** Local rate: over so many slots of 10 ms; what is outside these limits counts as concealed. */
const LOCAL_SLOTS = 10;
const LOCAL_LEAST = 0.75;
const LOCAL_MOST = 1.35;

const SLOT_MS = 10;
const SECOND_SLOTS = 100;

/** Frames at the end of a trace that may still be in the buffer. */
const TAIL_MS = 5000;

/** Means of one or more runs. Percentages are of the output. */
export interface JitterRow {
  readonly meanMs: number;
  readonly p95Ms: number;
  readonly concealedPct: number;
  /** Of that, what is not due to loss on the way. */
  readonly concealedLatePct: number;
  readonly lostPct: number;
  readonly interruptionsPerMin: number;
  readonly insertedPct: number;
  readonly removedPct: number;
  /** Delay of the last second less that of the first measured one. */
  readonly endMinusStartMs: number;
  /** Slowest and fastest second of speech, as a multiple of natural speed. */
  readonly slowestSecond: number;
  readonly fastestSecond: number;
}

/** Measures what was heard from `fromMs` to `toMs` (in time sent, and in output). */
export function rowOf(run: TraceRun, fromMs: number, toMs = Number.POSITIVE_INFINITY): JitterRow {
  const { meter, trace } = run;
  const slots = { from: Math.ceil(fromMs / SLOT_MS), to: Math.min(toMs, run.durationMs) / SLOT_MS };
  const sum = (values: Float64Array): number =>
    values.subarray(slots.from, slots.to).reduce((total, value) => total + value, 0);
  const outputMs = sum(meter.concealedMs) + sum(meter.madeMs);
  const delaysMs = delaysOf(run, fromMs, toMs);
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const lostMs = lostFrames(run, fromMs, toMs) * trace.frameMs;
  const concealedMs =
    sum(meter.concealedMs) +
    sum(meter.unplayedMs) +
    unplayedFrames(run, fromMs, toMs) * trace.frameMs +
    strainedMs(run, slots.from, slots.to);
  const percent = (ms: number): number => (100 * ms) / outputMs;
  const interruptions = meter.interruptionsAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs);
  const second = 1000 / trace.frameMs;
  return {
    meanMs: meanOf(delaysMs),
    p95Ms: sorted[Math.floor(0.95 * sorted.length)] ?? Number.NaN,
    concealedPct: percent(concealedMs),
    concealedLatePct: percent(Math.max(0, concealedMs - lostMs)),
    lostPct: percent(lostMs),
    interruptionsPerMin: interruptions.length / (outputMs / 60_000),
    insertedPct: percent(sum(meter.insertedMs)),
    removedPct: percent(sum(meter.removedMs)),
    endMinusStartMs: meanOf(delaysMs.slice(-second)) - meanOf(delaysMs.slice(0, second)),
    ...speedExtremes(run, slots.from, slots.to),
  };
}

/** The row of several runs: the mean of each number, and the extremes of the speeds. */
export function meanRow(rows: readonly JitterRow[]): JitterRow {
  const keys = Object.keys(rows[0]!) as (keyof JitterRow)[];
  const means = keys.map((key) => [key, meanOf(rows.map((row) => row[key]))]);
  return {
    ...(Object.fromEntries(means) as unknown as JitterRow),
    slowestSecond: Math.min(...rows.map((row) => row.slowestSecond)),
    fastestSecond: Math.max(...rows.map((row) => row.fastestSecond)),
  };
}

function delaysOf(run: TraceRun, fromMs: number, toMs: number): number[] {
  const delaysMs: number[] = [];
  run.trace.delaysMs.forEach((sent, frame) => {
    const sentAtMs = run.sentAtMs(frame);
    const playedAtMs = run.meter.playedAtMs[frame]!;
    if (sent === null || Number.isNaN(playedAtMs)) return;
    if (sentAtMs >= fromMs && sentAtMs < toMs) delaysMs.push(playedAtMs - sentAtMs);
  });
  return delaysMs;
}

function lostFrames(run: TraceRun, fromMs: number, toMs: number): number {
  const sentAt = (frame: number): boolean =>
    run.sentAtMs(frame) >= fromMs && run.sentAtMs(frame) < toMs;
  return run.trace.delaysMs.filter((delay, frame) => delay === null && sentAt(frame)).length;
}

/** Frames that came and were never played. */
function unplayedFrames(run: TraceRun, fromMs: number, toMs: number): number {
  const endMs = Math.min(toMs, run.durationMs - TAIL_MS);
  return run.trace.delaysMs.filter((delay, frame) => {
    const sentAtMs = run.sentAtMs(frame);
    if (delay === null || sentAtMs < fromMs || sentAtMs >= endMs) return false;
    return Number.isNaN(run.meter.playedAtMs[frame]!);
  }).length;
}

/** Output that is made of received audio, but at a local rate that is not permitted. */
function strainedMs({ meter }: TraceRun, from: number, to: number): number {
  let strained = 0;
  let made = 0;
  let content = 0;
  for (let slot = from; slot < to; slot++) {
    made += meter.madeMs[slot]!;
    content += meter.contentMs[slot]!;
    if (slot - from < LOCAL_SLOTS) continue;
    made -= meter.madeMs[slot - LOCAL_SLOTS]!;
    content -= meter.contentMs[slot - LOCAL_SLOTS]!;
    const rate = content / made;
    const isWhole = made > LOCAL_SLOTS * SLOT_MS * 0.9;
    if (isWhole && (rate < LOCAL_LEAST || rate > LOCAL_MOST)) strained += meter.madeMs[slot]!;
  }
  return strained;
}

/** The slowest and the fastest second that is made of received audio alone. */
function speedExtremes({ meter }: TraceRun, from: number, to: number) {
  let slowestSecond = 1;
  let fastestSecond = 1;
  let made = 0;
  let content = 0;
  for (let slot = from; slot < to; slot++) {
    made += meter.madeMs[slot]!;
    content += meter.contentMs[slot]!;
    if (slot - from < SECOND_SLOTS) continue;
    made -= meter.madeMs[slot - SECOND_SLOTS]!;
    content -= meter.contentMs[slot - SECOND_SLOTS]!;
    if (made < SECOND_SLOTS * SLOT_MS * 0.95) continue;
    slowestSecond = Math.min(slowestSecond, content / made);
    fastestSecond = Math.max(fastestSecond, content / made);
  }
  return { slowestSecond, fastestSecond };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
