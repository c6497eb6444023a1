// How long the delay takes to be small again after one stall.

import type { RecoveryResult } from './jitter-report.ts';
import { NETEQ_RECOVERY_MS } from './neteq-anchors.ts';
import type { SpeechLoop } from './speech-loop.ts';
import type { Trace } from './trace-generators.ts';
import { runTrace } from './trace-run.ts';

/** A delay that nobody minds. */
const SMALL_DELAY_MS = 100;

const FRAME_MS = 20;

/** What follows a stall, before the trace ends. */
const AFTER_MS = 30_000;

/** A path without jitter that stalls once, for `stallMs` from the frame `startFrame` on, and then delivers at once. */
export function stallTrace(stallMs: number, startFrame: number): Trace {
  const frames = startFrame + (stallMs + AFTER_MS) / FRAME_MS;
  const delaysMs = Array.from({ length: frames }, (_, frame) =>
    frame < startFrame ? 0 : Math.max(0, stallMs - FRAME_MS * (frame - startFrame)),
  );
  return { name: `stall-${stallMs}`, frameMs: FRAME_MS, delaysMs };
}

/** Time from a stall's end until no frame is played with more than 100 ms of delay any more, and what was not played. */
export function recoveryMs(
  trace: Trace,
  speech: SpeechLoop,
): { recoveredAfterMs: number; unplayedMs: number } {
  const run = runTrace({ trace, speech, phaseMs: 3 });
  const startFrame = trace.delaysMs.findIndex((delay) => delay! > 0);
  const endMs = run.sentAtMs(startFrame) + trace.delaysMs[startFrame]!;
  const lastMs = run.meter.playedAtMs.reduce(
    (last, playedAtMs, frame) =>
      playedAtMs - run.sentAtMs(frame) > SMALL_DELAY_MS ? playedAtMs : last,
    endMs,
  );
  return {
    recoveredAfterMs: lastMs - endMs,
    unplayedMs: run.meter.unplayedMs.reduce((sum, value) => sum + value, 0),
  };
}

/** Where in the speech the stalls begin: every 2.26 s, for 45 s. */
const STARTS = Array.from({ length: 20 }, (_, index) => 900 + 113 * index);

/** Recovery from the stalls of which NetEQ's is known. */
export function measureRecoveries(speech: SpeechLoop): readonly RecoveryResult[] {
  return Object.keys(NETEQ_RECOVERY_MS).map((key) => {
    const stallMs = Number(key);
    const each = STARTS.map((start) => recoveryMs(stallTrace(stallMs, start), speech));
    const timesMs = each.map(({ recoveredAfterMs }) => recoveredAfterMs);
    return {
      stallMs,
      meanMs: timesMs.reduce((sum, timeMs) => sum + timeMs, 0) / timesMs.length,
      longestMs: Math.max(...timesMs),
      unplayedMs: each.reduce((sum, { unplayedMs }) => sum + unplayedMs, 0),
    };
  });
}
