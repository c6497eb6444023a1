// Judges the recording of a conversation: the caller's track sample by sample, the agent's stretch by stretch, and the turns.

import type { ExpectedTurn } from './verdict.ts';

const RATE_PER_MS = 16;

/** The files of a recording, as they were downloaded. */
export interface RecordingFiles {
  readonly callerWav: Uint8Array;
  readonly agentWav: Uint8Array;
  readonly timeline: string;
}

/** What must be on a recording. */
export interface RecordingExpectation {
  /** What the caller said, 16 kHz; silence follows. */
  readonly voice: Int16Array;
  /** What lies in these was not captured, in ms. */
  readonly mutes: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Where what the service has acknowledged ends, on the same line: what comes after may be missing as a whole. */
  readonly acknowledgedSamples: number;
  readonly turns: readonly ExpectedTurn[];
  /** All that the agent said, on one line. */
  readonly speech: Int16Array;
}

export interface RecordingVerdict {
  /** Samples of the caller that are not what was said. */
  readonly wrongSamples: number;
  /** Turns that the timeline tells of more than once. */
  readonly turnsToldTwice: number;
  readonly faults: readonly string[];
}

export function judgeRecording(
  expectation: RecordingExpectation,
  files: RecordingFiles,
): RecordingVerdict {
  const caller = samplesOf(files.callerWav);
  const agent = samplesOf(files.agentWav);
  const lines = linesOf(files.timeline);
  const wrong = wrongSamples(expectation, caller);
  const told = lines.filter(({ type, state }) => type === 'turn' && state === 'ended');
  const times = expectation.turns.map(({ start, end }) =>
    told.filter(({ startSample, endSample }) => startSample === start && endSample === end),
  );
  const toldTwice = times.filter(({ length }) => length > 1).length;
  const never = times.filter(({ length }) => length === 0).length;
  const strange = told.length - times.reduce((sum, { length }) => sum + length, 0);
  const misplaced = lines
    .filter(({ type }) => type === 'placed')
    .filter((line) => !isPlaced(line, agent, expectation.speech)).length;
  const faults = [
    ...(wrong.count > 0
      ? [
          `The recording has ${wrong.count} wrong samples of the caller, from ${wrong.first} on: of ${caller.length}, of which ${expectation.voice.length} are the voice.`,
        ]
      : []),
    ...(toldTwice > 0 ? [`The timeline tells ${toldTwice} turns twice.`] : []),
    ...(never > 0 ? [`The timeline does not tell ${never} turns.`] : []),
    ...(strange > 0
      ? [`The timeline tells ${strange} turns that an uninterrupted run had not.`]
      : []),
    ...(misplaced > 0 ? [`${misplaced} stretches of the agent are not what it said.`] : []),
  ];
  return { wrongSamples: wrong.count, turnsToldTwice: toldTwice, faults };
}

/** Fields of a line as far as they are needed here. */
interface Line {
  readonly type?: string;
  readonly state?: string;
  readonly startSample?: number;
  readonly endSample?: number;
  readonly speechFrom?: number;
  readonly speechTo?: number;
  readonly sample?: number;
}

function linesOf(timeline: string): Line[] {
  return timeline
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** What is too short counts as wrong to the end of what was said and acknowledged. */
function wrongSamples(
  { voice, mutes, acknowledgedSamples }: RecordingExpectation,
  caller: Int16Array,
): { count: number; first: number } {
  const expected = voice.slice();
  for (const { fromMs, toMs } of mutes) expected.fill(0, fromMs * RATE_PER_MS, toMs * RATE_PER_MS);
  let count = 0;
  let first = -1;
  const owed = Math.min(expected.length, acknowledgedSamples);
  for (let at = 0; at < Math.max(owed, caller.length); at++) {
    if ((expected[at] ?? 0) === caller[at]) continue;
    // Silence stands for what never came, as far as the agent's track goes on.
    if (at >= owed && caller[at] === 0) continue;
    if (first < 0) first = at;
    count++;
  }
  return { count, first };
}

/** Whether a stretch of the agent's track is, bit for bit, what the agent said. */
function isPlaced(
  { speechFrom = 0, speechTo = 0, sample = 0 }: Line,
  agent: Int16Array,
  speech: Int16Array,
): boolean {
  for (let at = speechFrom; at < speechTo; at++) {
    const heardAt = sample + at - speechFrom;
    if (heardAt < agent.length && agent[heardAt] !== speech[at]) return false;
  }
  return speechTo <= speech.length;
}

/** The samples of a mono WAV file of 16 bit: its chunk `data` (RIFF). */
export function samplesOf(wav: Uint8Array): Int16Array {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  for (let at = 12; at + 8 <= wav.byteLength; ) {
    const id = String.fromCharCode(...wav.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (id !== 'data') {
      at += 8 + length + (length % 2);
      continue;
    }
    const samples = new Int16Array(Math.floor(length / 2));
    for (let index = 0; index < samples.length; index++) {
      samples[index] = view.getInt16(at + 8 + 2 * index, true);
    }
    return samples;
  }
  return new Int16Array(0);
}
