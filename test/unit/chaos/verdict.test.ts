// The verdict on whole conversations and their recordings, from logs that are wrong on purpose.

import { describe, expect, it } from 'vitest';
import type { CallerLog, ToldMessage } from '../../../chaos/caller-log.ts';
import { Random } from '../../../chaos/random.ts';
import { judgeRecording } from '../../../chaos/recording-verdict.ts';
import { judge as judgeAll } from '../../../chaos/verdict.ts';

const random = new Random(5);
const voice = Int16Array.from({ length: 64_000 }, () => random.between(-2000, 2000));
const turns = [
  { start: 8000, end: 20_000 },
  { start: 30_000, end: 50_000 },
];
const answers = turns.map(({ start, end }) => voice.subarray(start, end));
const speech = tape(...answers);
const expectation = {
  turns,
  speech,
  isWhole: true,
  isAnswer: true,
  interruptions: 0,
  track: null,
};
const OUTSIDE = turns.map(({ start, end }, index) => ({
  turn: index + 1,
  startSample: start,
  endSample: end,
}));

function tape(...pieces: readonly Int16Array[]): Int16Array {
  return Int16Array.from(pieces.flatMap((piece) => [...piece]));
}

function ended(turn: number, start: number, end: number): CallerLog['told'][number] {
  const message: ToldMessage = {
    type: 'turn',
    state: 'ended',
    turn,
    startTimestamp: start,
    endTimestamp: end,
    reason: 'silence',
  };
  return { atMs: 0, message };
}

const TOLD = turns.map(({ start, end }, index) => ended(index + 1, start, end));

function log(changes: Partial<CallerLog>): CallerLog {
  return {
    conversation: 'c',
    connections: [],
    told: TOLD,
    heard: speech,
    timestampScale: 1,
    lateFrames: 0,
    lateFramesUnderLoad: 0,
    messagesSent: 0,
    packetsOverwritten: 0,
    packetsAcknowledged: 0,
    durationMs: 0,
    isFinished: true,
    ...changes,
  };
}

const judge = (expected: typeof expectation, seen: CallerLog) =>
  judgeAll(expected, seen, expected.turns.length === 0 ? [] : OUTSIDE);

describe('the verdict on what an agent was told', () => {
  const [first, second] = OUTSIDE;
  const faultsOf = (outside: typeof OUTSIDE) => judgeAll(expectation, log({}), outside);

  it('[E13] finds nothing wrong when each turn was told, as often as it may be', () => {
    expect(faultsOf([first!, second!, first!])).toMatchObject({ faults: [], turnsTold: 2 });
  });

  it('[E13] finds a turn that was never told, one with other edges, and one that nobody expected', () => {
    expect(faultsOf([first!])).toMatchObject({ turnsTold: 1 });
    expect(faultsOf([first!]).faults).toEqual(['Nobody outside was told of turn 2.']);
    expect(faultsOf([...OUTSIDE, { ...first!, startSample: 8320 }]).faults).toHaveLength(1);
    expect(faultsOf([...OUTSIDE, { ...second!, turn: 3 }]).faults).toHaveLength(1);
  });

  it('[E14] excuses what an interruption costs, and no more', () => {
    const told = { ...expectation, isAnswer: false, isWhole: false, interruptions: 1 };
    const cut = (samples: number) =>
      judgeAll(
        told,
        log({ heard: tape(speech.subarray(0, 8000), speech.subarray(8000 + samples)) }),
        OUTSIDE,
      );
    expect(cut(20_000).faults).toEqual([]);
    expect(
      judgeAll(
        { ...told, interruptions: 0 },
        log({ heard: tape(speech.subarray(0, 8000), speech.subarray(28_000)) }),
        OUTSIDE,
      ).lostSamples,
    ).toBe(20_000);
  });
});

describe('the verdict on a conversation', () => {
  it('[E1] finds nothing wrong with a log that is as it must be, or lacks a message that a cut has swallowed', () => {
    expect(judge(expectation, log({}))).toMatchObject({
      faults: [],
      turnsExpected: 2,
      turnsTold: 2,
    });
    expect(judge(expectation, log({ told: TOLD.slice(1) })).faults).toEqual([]);
  });

  it('[E6] tells a turn that was never answered from one that was answered twice', () => {
    const never = judge(expectation, log({ heard: answers[1]! }));
    expect(never).toMatchObject({ turnsTold: 1, turnsToldTwice: 0, lostSamples: 12_000 });
    const twice = judge(expectation, log({ heard: tape(answers[0]!, answers[0]!, answers[1]!) }));
    expect(twice).toMatchObject({ turnsTold: 2, turnsToldTwice: 1, duplicatedSamples: 12_000 });
    expect([never, twice].every(({ faults }) => faults.length > 0)).toBe(true);
  });

  it('[E6] finds a turn that was told twice, and one that an uninterrupted run had otherwise', () => {
    const twice = judge(expectation, log({ told: [...TOLD, TOLD[0]!] }));
    expect(twice).toMatchObject({ turnsToldTwice: 1 });
    expect(twice.faults).toHaveLength(1);
    expect(
      judge(expectation, log({ told: [TOLD[0]!, ended(2, 30_512, 50_000)] })).faults,
    ).toHaveLength(1);
    expect(
      judge(expectation, log({ told: [...TOLD, ended(3, 55_000, 60_000)] })).faults,
    ).toHaveLength(1);
  });

  it('[E7] finds a conversation that does not come to its end, hears nothing, or loses what it kept', () => {
    expect(judge(expectation, log({ isFinished: false })).faults).toHaveLength(1);
    expect(judge(expectation, log({ packetsOverwritten: 3 })).faults).toHaveLength(1);
    const story = { ...expectation, turns: [], isWhole: false, isAnswer: false };
    const silent = judge(story, log({ told: [], heard: tape() }));
    expect(silent.faults).toEqual(['Nothing was heard.']);
  });
});

const LINES = [
  ...turns.map(({ start, end }) => ({
    type: 'turn',
    state: 'ended',
    startSample: start,
    endSample: end,
  })),
  { type: 'placed', speechFrom: 0, speechTo: 32_000, sample: 22_000 },
];
const agent = tape(new Int16Array(22_000), speech, new Int16Array(10_000));

function files(caller: Int16Array, lines: readonly object[] = LINES, agentTrack = agent) {
  const timeline = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return { callerWav: wav(caller), agentWav: wav(agentTrack), timeline };
}

/** A WAV file as far as it is read: a RIFF head, a chunk that is skipped, and the samples. */
function wav(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(12 + 12 + 8 + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const name = (text: string, at: number) => bytes.set(new TextEncoder().encode(text), at);
  name('fmt ', 12);
  view.setUint32(16, 4, true);
  name('data', 24);
  view.setUint32(28, 2 * samples.length, true);
  samples.forEach((sample, index) => {
    view.setInt16(32 + 2 * index, sample, true);
  });
  return bytes;
}

describe('the verdict on a recording', () => {
  const recorded = {
    voice,
    mutes: [{ fromMs: 3300, toMs: 3400 }],
    acknowledgedSamples: Number.POSITIVE_INFINITY,
    turns,
    speech,
  };
  const track = tape(voice, new Int16Array(5000));
  track.fill(0, 52_800, 54_400);

  it('[E8] finds nothing wrong with the caller bit for bit, zeros in a mute and after the voice', () => {
    expect(judgeRecording(recorded, files(track))).toEqual({
      wrongSamples: 0,
      turnsToldTwice: 0,
      faults: [],
    });
  });

  it('[E8] counts samples that are missing, moved or changed, and says where they begin', () => {
    const holed = track.slice();
    holed.fill(0, 1000, 1320);
    const zeros = voice.subarray(1000, 1320).filter((sample) => sample === 0).length;
    expect(judgeRecording(recorded, files(holed)).wrongSamples).toBe(320 - zeros);
    expect(judgeRecording(recorded, files(track.subarray(0, 60_000))).wrongSamples).toBe(4000);
    const hungUp = { ...recorded, acknowledgedSamples: 59_000 };
    expect(judgeRecording(hungUp, files(track.subarray(0, 60_000))).wrongSamples).toBe(0);
    expect(judgeRecording(hungUp, files(track.subarray(0, 58_000))).wrongSamples).toBe(1000);
    const padded = tape(track.subarray(0, 60_000), new Int16Array(9000));
    expect(judgeRecording(hungUp, files(padded)).wrongSamples).toBe(0);
    const { faults } = judgeRecording(recorded, files(tape(track.subarray(320))));
    expect(faults[0]).toContain('from 0 on');
  });

  it('[E8] finds turns that the timeline tells twice or never, and an agent that did not say that', () => {
    const [first, second, placed] = LINES;
    const judgeLines = (lines: readonly object[]) => judgeRecording(recorded, files(track, lines));
    expect(judgeLines([...LINES, first!])).toMatchObject({ turnsToldTwice: 1 });
    expect(judgeLines([first!, placed!]).faults).toHaveLength(1);
    expect(judgeLines([first!, { ...second!, endSample: 49_488 }, placed!]).faults).toHaveLength(2);
    const changed = agent.slice();
    changed[30_000]! ^= 1;
    expect(judgeRecording(recorded, files(track, LINES, changed)).faults).toHaveLength(1);
  });
});
