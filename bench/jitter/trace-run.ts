// Plays one trace through the jitter buffer with real speech, and says what was heard.

import { IsochronousBuffer } from '../../core/jitter/isochronous-buffer.ts';
import type { PlayoutTuning } from '../../core/jitter/playout-tuning.ts';
import { PlayoutMeter } from './playout-meter.ts';
import { frameOffset, type SpeechLoop } from './speech-loop.ts';
import type { Trace } from './trace-generators.ts';

const PULL_MS = 10;

/** 512 frames of 20 ms are 10 s. */
const CAPACITY_FRAMES = 512;

/** How a trace is played. */
export interface RunOptions {
  readonly trace: Trace;
  readonly speech: SpeechLoop;
  /** By how much the pulls are off the first frame, below 10 ms. */
  readonly phaseMs: number;
  /** The sender's clock against the listener's; 1000 ppm is fast by 1 ms each second. */
  readonly driftPpm?: number | undefined;
  readonly tuning?: Partial<PlayoutTuning> | undefined;
}

/** What was measured, and the delay and target over time. */
export interface TraceRun {
  readonly trace: Trace;
  readonly meter: PlayoutMeter;
  readonly durationMs: number;
  /** Time from which a frame's delay counts. */
  readonly sentAtMs: (frame: number) => number;
  /** At every second: the delay and the target, in ms. */
  readonly delaysMs: readonly number[];
  readonly targetsMs: readonly number[];
}

/** Runs a trace to its end. */
export function runTrace(options: RunOptions): TraceRun {
  const { trace, speech, phaseMs } = options;
  const frames = trace.delaysMs.length;
  const periodMs = trace.frameMs / (1 + (options.driftPpm ?? 0) / 1e6);
  const sentAtMs = (frame: number): number => frame * periodMs;
  const durationMs = Math.floor((frames * periodMs) / PULL_MS - 1) * PULL_MS;
  const meter = new PlayoutMeter(speech, frames, durationMs + PULL_MS);
  const buffer = new IsochronousBuffer({
    rateHz: speech.rateHz,
    frameSamples: speech.frameSamples,
    capacityFrames: CAPACITY_FRAMES,
    probe: meter,
    tuning: options.tuning,
  });
  const arrivals = arrivalsOf(trace, sentAtMs);
  const out = new Int16Array((speech.rateHz * PULL_MS) / 1000);
  const delaysMs: number[] = [];
  const targetsMs: number[] = [];
  let next = 0;
  for (let nowMs = phaseMs; nowMs < durationMs; nowMs += PULL_MS) {
    for (; next < arrivals.length && arrivals[next]!.atMs <= nowMs; next++) {
      const { frame, atMs } = arrivals[next]!;
      const { samples, frameSamples } = speech;
      const offset = frameOffset(speech, frame);
      buffer.insert(frame, frame * frameSamples, samples, offset, frameSamples, atMs);
    }
    meter.at(nowMs);
    buffer.pull(out, 0, out.length, nowMs);
    if (nowMs - phaseMs >= 1000 * delaysMs.length) {
      delaysMs.push(buffer.delayMs);
      targetsMs.push(buffer.targetDelayMs);
    }
  }
  return { trace, meter, durationMs, sentAtMs, delaysMs, targetsMs };
}

function arrivalsOf(trace: Trace, sentAtMs: (frame: number) => number) {
  return trace.delaysMs
    .flatMap((delayMs, frame) =>
      delayMs === null ? [] : [{ frame, atMs: sentAtMs(frame) + delayMs }],
    )
    .sort((a, b) => a.atMs - b.atMs || a.frame - b.frame);
}
