// Isochronous playout on network traces, with real speech: delay, concealment, speed, drift and recovery.

import { beforeAll, describe, expect, it } from 'vitest';
import { type JitterRow, rowOf } from '../../../bench/jitter/jitter-row.ts';
import { recoveryMs, stallTrace } from '../../../bench/jitter/recovery.ts';
import { type SpeechLoop, speechLoop, storyLoop } from '../../../bench/jitter/speech-loop.ts';
import { TRACE_GENERATORS, type Trace } from '../../../bench/jitter/trace-generators.ts';
import { runTrace, type TraceRun } from '../../../bench/jitter/trace-run.ts';
import { randomOf } from '../../../simulation/random.ts';
import { stalled } from '../../support/playout-script.ts';

const START_MS = 10_000;
const MINUTE_FRAMES = 3000;

let speech: SpeechLoop;

beforeAll(async () => {
  speech = await storyLoop();
});

const traceOf = (frames: number, delayMs: (frame: number) => number | null): Trace => ({
  name: 'made',
  frameMs: 20,
  delaysMs: Array.from({ length: frames }, (_, frame) => delayMs(frame)),
});

/** Speech in which a pause of 400 ms follows every stretch, so that added pauses are this share of it. */
function withPauses({ samples, rateHz }: SpeechLoop, share: number): SpeechLoop {
  const pause = 0.4 * rateHz;
  const stretch = Math.round((pause * (1 - share)) / share);
  const parts = Math.floor(samples.length / stretch);
  const paused = new Int16Array(parts * (stretch + pause));
  for (let part = 0; part < parts; part++) {
    paused.set(samples.subarray(part * stretch, (part + 1) * stretch), part * (stretch + pause));
  }
  return speechLoop(paused, rateHz);
}

/** What was left out of pauses: content beyond what was stretched. */
function cutMs({ meter }: TraceRun): number {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return sum(meter.removedMs) - sum(meter.insertedMs) - (sum(meter.contentMs) - sum(meter.madeMs));
}

describe('drift', () => {
  it.each([1000, -1000, 100])('[I11] of %i ppm conceals nothing', (driftPpm) => {
    const trace = TRACE_GENERATORS.clean(2 * MINUTE_FRAMES, 205);
    const run = runTrace({ trace, speech, phaseMs: 5, driftPpm });
    const row = rowOf(run, START_MS);
    expect(row.concealedPct).toBe(0);
    expect(row.meanMs).toBeLessThan(25);
    expect(Math.max(...run.delaysMs.slice(10))).toBeLessThanOrEqual(30);
    expect(row.insertedPct + row.removedPct).toBeLessThan(0.1 + Math.abs(driftPpm) / 10_000);
  });
});

describe('drift past the pulls', () => {
  /** So much jitter in three minutes of a clock that is fast: the frames pass from one pull to the one before it. */
  it.each([
    [5, 70],
    [6, 100],
    [6, 40],
    [9, 200],
  ])('[I10][I11] with jitter of %i ms at %i ppm conceals nothing', (jitterMs, driftPpm) => {
    const random = randomOf(jitterMs + 7);
    const trace = traceOf(3 * MINUTE_FRAMES, () => random() * jitterMs);
    const { meter } = runTrace({ trace, speech, phaseMs: 3, driftPpm });
    expect(meter.concealedMs.reduce((sum, value) => sum + value, 0)).toBe(0);
    expect(meter.madeMs.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(170_000);
  });
});

describe('the target', () => {
  /** A stall of 200 ms every six seconds. */
  const stalls = (frame: number): number => Math.max(0, 200 - 20 * (frame % 300));

  it('[I12] rises with stalls, and falls within 45 s when there are none any more', () => {
    const clean = 3 * MINUTE_FRAMES;
    const trace = traceOf(clean + MINUTE_FRAMES, (frame) => (frame < clean ? stalls(frame) : 0));
    const { delaysMs, targetsMs } = runTrace({ trace, speech, phaseMs: 0 });
    expect(targetsMs[170]).toBeGreaterThan(140);
    expect(Math.max(...delaysMs.slice(180 + 45))).toBeLessThanOrEqual(40);
  });

  it('[I12] is not raised by one stall in minutes', () => {
    const trace = traceOf(2 * MINUTE_FRAMES, (frame) => stalled(frame, 4000, 300));
    const { targetsMs } = runTrace({ trace, speech, phaseMs: 0 });
    expect(Math.max(...targetsMs.slice(10))).toBeLessThanOrEqual(20);
  });
});

describe.each(['wifi', 'tcp-stalls', 'lte'] as const)('on %s', (name) => {
  let row: JitterRow;

  beforeAll(() => {
    const trace = TRACE_GENERATORS[name](4 * MINUTE_FRAMES, 206);
    row = rowOf(runTrace({ trace, speech, phaseMs: 3 }), START_MS);
  });

  it('[I14] no second is played slower or faster than permitted', () => {
    expect(row.slowestSecond).toBeGreaterThanOrEqual(0.8);
    expect(row.fastestSecond).toBeLessThanOrEqual(1.25);
    expect(row.fastestSecond).toBeGreaterThan(1.05);
  });

  it('[I18] little is inserted and removed', () => {
    expect(row.insertedPct + row.removedPct).toBeLessThanOrEqual(3);
    expect(row.insertedPct).toBeGreaterThan(0);
  });
});

describe('a second interruption', () => {
  /** A stall of 600 ms, and another one `apartMs` after it: the least and the largest target of the seconds after that. */
  const targetsAfter = (apartMs: number, secondMs = 600): readonly [number, number] => {
    const trace = traceOf(2 * MINUTE_FRAMES + apartMs / 20, (frame) =>
      Math.max(stalled(frame, 2500, 600), stalled(frame, 2500 + apartMs / 20, secondMs)),
    );
    const { targetsMs } = runTrace({ trace, speech, phaseMs: 5 });
    const second = Math.ceil((50_000 + secondMs + apartMs) / 1000);
    const after = targetsMs.slice(second + 1, second + 6);
    return [Math.min(...after), Math.max(...after)];
  };

  it('[I17] soon after the first holds the delay that would have prevented it, a late one does not', () => {
    expect(targetsAfter(20_000)[0]).toBeGreaterThan(400);
    expect(targetsAfter(110_000)[0]).toBeLessThan(100);
  });

  it('[I17] that is longer holds no more than would have prevented the first', () => {
    const [least, most] = targetsAfter(20_000, 1500);
    expect(least).toBeGreaterThan(400);
    expect(most).toBeLessThan(600);
  });
});

describe('after a stall', () => {
  it('[I16] of 1 s no speech is dropped, and the delay is small again in time', () => {
    const starts = [900, 1137, 1411, 1630, 1871, 2205];
    const recoveries = starts.map((start) => recoveryMs(stallTrace(1000, start), speech));
    const timesMs = recoveries.map(({ recoveredAfterMs }) => recoveredAfterMs);
    expect(recoveries.every(({ unplayedMs }) => unplayedMs === 0)).toBe(true);
    expect(timesMs.reduce((sum, timeMs) => sum + timeMs, 0) / timesMs.length).toBeLessThan(3000);
    expect(Math.max(...timesMs)).toBeLessThanOrEqual(4000);
    expect(Math.min(...timesMs)).toBeGreaterThan(1000);
  });

  it('[I16] of 1 s the delay is small again sooner in speech with pauses', () => {
    const paused = withPauses(speech, 0.2);
    const timesMs = [900, 1137, 1411, 1630, 1871, 2205].map((start) => {
      const recovery = recoveryMs(stallTrace(1000, start), paused);
      expect(recovery.unplayedMs).toBe(0);
      return recovery.recoveredAfterMs;
    });
    expect(timesMs.reduce((sum, timeMs) => sum + timeMs, 0) / timesMs.length).toBeLessThan(2000);
    expect(Math.max(...timesMs)).toBeLessThanOrEqual(2500);
  });

  it('[I15] cuts nothing but pauses, and leaves 60 ms of each', () => {
    const run = runTrace({ trace: stallTrace(1000, 900), speech, phaseMs: 3 });
    expect(cutMs(run)).toBeGreaterThan(100);
    expect(run.meter.unplayedMs.reduce((sum, value) => sum + value, 0)).toBe(0);
  });

  it('[I16] of 4 s nothing is dropped', () => {
    expect(recoveryMs(stallTrace(4000, 1000), speech).unplayedMs).toBe(0);
  });
});
