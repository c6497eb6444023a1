// Runs one call in a process of its own and notes its collections: node … call-program.ts (isochron|naive) MINUTES

import { readFileSync } from 'node:fs';
import { type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { type CallUnderTest, FRAME_MS, FRAME_SAMPLES } from './call.ts';
import type { CallResult, Pauses } from './call-result.ts';
import { IsochronCall } from './isochron-call.ts';
import { NaiveCall } from './naive-call.ts';

const SAMPLE = fileURLToPath(new URL('../../samples/conversation', import.meta.url));

/** Compiling what turns out to be hot, which allocates, is not measured. */
const WARM_UP_FRAMES = 6000;

interface Pause {
  readonly startMs: number;
  readonly durationMs: number;
}

const [kind, minutes] = process.argv.slice(2);
const voice = await readCallerVoice(`${SAMPLE}.wav`);
const { turns } = JSON.parse(readFileSync(`${SAMPLE}.json`, 'utf8')) as {
  turns: { startMs: number; endMs: number }[];
};
const pauses: Pause[] = [];
const observer = new PerformanceObserver((list) => note(list.getEntries()));
observer.observe({ entryTypes: ['gc'] });
const call: CallUnderTest = kind === 'naive' ? new NaiveCall() : new IsochronCall();
const frames = Math.round((Number(minutes) * 60_000) / FRAME_MS);
/** When each frame began, and whether anybody spoke. */
const startedMs = new Float64Array(frames);
const spoken = new Uint8Array(frames);

run(0, WARM_UP_FRAMES);
globalThis.gc?.();
// The observer hears of collections in a later turn of the event loop.
await new Promise((resolve) => setTimeout(resolve, 50));
pauses.length = 0;
const turnsBefore = call.turns;
run(WARM_UP_FRAMES, WARM_UP_FRAMES + frames);
await new Promise((resolve) => setTimeout(resolve, 50));
note(observer.takeRecords());

const inSpeech = pauses.filter(({ startMs }) => spoken[frameAt(startMs)] === 1);
const result: CallResult = {
  minutes: Number(minutes),
  turns: call.turns - turnsBefore,
  speechShare: spoken.reduce((sum, one) => sum + one, 0) / frames,
  speech: summary(inSpeech),
  silence: summary(pauses.filter((pause) => !inSpeech.includes(pause))),
};
process.stdout.write(JSON.stringify(result));

function run(from: number, to: number): void {
  const framesInVoice = Math.floor(voice.length / FRAME_SAMPLES);
  for (let index = from; index < to; index++) {
    const frame = index % framesInVoice;
    // What holds up the frame that ends a turn, or begins an answer, comes between the two.
    spoken[index - from] = call.isAnswering || isCallerSpeaking(frame * FRAME_MS) ? 1 : 0;
    startedMs[index - from] = performance.now();
    call.frame(voice, frame * FRAME_SAMPLES, index * FRAME_MS);
  }
}

function isCallerSpeaking(atMs: number): boolean {
  for (let turn = 0; turn < turns.length; turn++) {
    if (atMs >= turns[turn]!.startMs && atMs < turns[turn]!.endMs) return true;
  }
  return false;
}

function note(entries: readonly PerformanceEntry[]): void {
  for (const { startTime, duration } of entries) {
    pauses.push({ startMs: startTime, durationMs: duration });
  }
}

/** The frame that a moment falls into. */
function frameAt(ms: number): number {
  const next = startedMs.findIndex((startMs) => startMs > ms);
  return next < 0 ? frames - 1 : Math.max(0, next - 1);
}

function summary(some: readonly Pause[]): Pauses {
  const durations = some.map(({ durationMs }) => durationMs);
  return {
    count: some.length,
    longestMs: Math.max(0, ...durations),
    totalMs: durations.reduce((sum, ms) => sum + ms, 0),
  };
}
