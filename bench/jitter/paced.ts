// The paced source: how often an utterance of our own downlink breaks on each network, and how soon it begins.

import { PacedCall, type PacedCallOptions, type PacedResult } from './paced-call.ts';
import { eightSeconds } from './paced-speech.ts';
import type { Trace } from './trace-generators.ts';

export const AGENT_SPEEDS = [1.3, 2, 4] as const;

/** Utterances begin so far apart on the trace; each is a call of its own. */
const SWEEP_MS = 1370;

/** An utterance of 8 s, whatever holds it up, is over by then. */
const ROOM_MS = 9000;

/** The device's clock stands anywhere within a pull of 10 ms: a step that meets every phase. */
const PHASE_STEP_MS = 3.7;

/** One row of the benchmark: a trace (all its seeds together) and the speed of the agent. */
export interface PacedRow {
  readonly utterances: number;
  /** Utterances in which output was missing: neither received speech nor a pause that was held. */
  readonly withGapPct: number;
  readonly meanGapMs: number;
  /** Utterances in which a pause was held, and for how long all together on average. */
  readonly withHeldPausePct: number;
  readonly meanHeldMs: number;
  /** From the agent's first sample to the first sample at the device, the fastest path taken as 0. */
  readonly startDelayMeanMs: number;
  readonly startDelayP95Ms: number;
  /** Output beyond content, held pauses included, as a share of the speech. */
  readonly insertedPct: number;
  /** Content in the slowest second of any utterance without gap or held pause, in seconds. */
  readonly slowestRate: number;
}

/** Runs every utterance of the sweep over these traces; `done` is told after each trace. */
export async function pacedRow(
  traces: readonly Trace[],
  agentSpeed: number,
  options: Pick<PacedCallOptions, 'config' | 'player'> = {},
): Promise<PacedRow> {
  const utterances = await eightSeconds();
  const results: PacedResult[] = [];
  for (const trace of traces) {
    const lengthMs = trace.delaysMs.length * trace.frameMs;
    for (let number = 0; number * SWEEP_MS + ROOM_MS <= lengthMs; number++) {
      const call = new PacedCall({
        ...options,
        trace,
        startMs: number * SWEEP_MS,
        speech: utterances[number % utterances.length]!,
        agentSpeed,
        pullPhaseMs: (number * PHASE_STEP_MS) % 10,
      });
      results.push(call.run());
    }
  }
  return rowOf(results);
}

function rowOf(results: readonly PacedResult[]): PacedRow {
  const broken = results.filter(({ gapMs }) => gapMs > 0);
  const held = results.filter(({ heldMs }) => heldMs > 0);
  const smooth = results.filter(({ gapMs, heldMs }) => gapMs === 0 && heldMs === 0);
  const delays = results.map(({ startDelayMs }) => startDelayMs).sort((a, b) => a - b);
  return {
    utterances: results.length,
    withGapPct: percent(broken.length, results.length),
    meanGapMs: mean(broken.map(({ gapMs }) => gapMs)),
    withHeldPausePct: percent(held.length, results.length),
    meanHeldMs: mean(held.map(({ heldMs }) => heldMs)),
    startDelayMeanMs: mean(delays),
    startDelayP95Ms: rounded(delays[Math.floor(0.95 * delays.length)] ?? 0),
    insertedPct: percent(
      results.reduce((sum, { insertedMs }) => sum + insertedMs, 0),
      results.reduce((sum, { speechMs }) => sum + speechMs, 0),
    ),
    slowestRate: rounded(Math.min(1, ...smooth.map(({ slowestRate }) => slowestRate)), 3),
  };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded((100 * part) / whole, 3);
}

function mean(values: readonly number[]): number {
  return rounded(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
}

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
