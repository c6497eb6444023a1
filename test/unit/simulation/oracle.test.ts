// The oracle sees what breaks a law: each is broken here by hand, and kept beside it.

import { expect, it } from 'vitest';
import type { ConversationState } from '../../../core/conversation/conversation-state.ts';
import { Oracle, type PlayerClaims } from '../../../simulation/oracle/oracle.ts';
import type { Scenario } from '../../../simulation/scenario.ts';
import { FIRST_SPEECH, markedSpeech } from '../../../simulation/watermark.ts';

const LINE = { delayMs: 20, jitterMs: 0, kbitPerSecond: 0 };

const CALM: Scenario = {
  seed: 1,
  durationMs: 10_000,
  clock: 'virtual',
  originMs: 0,
  timerLateMs: 0,
  driftPpm: 0,
  isElastic: false,
  deviceMs: 20,
  confirmationMs: 0,
  scorer: 'scripted',
  config: {},
  up: LINE,
  down: LINE,
  agent: {
    greetingMs: 0,
    answersMs: [1000],
    speed: 2,
    burstMs: 100,
    thinksMs: 0,
    stubbornEvery: 0,
  },
  talks: [{ atMs: 1000, forMs: 1200 }],
  faults: [],
};

const PLAYER: PlayerClaims = {
  bufferedMs: 0,
  concealedMs: 0,
  underruns: 0,
  overruns: 0,
  packetsDuplicated: 0,
  packetsCleared: 0,
  packetsInvalid: 0,
};

const SESSION = { violations: 0, packetsOverwritten: 0 };

const STATE = {
  agentSpeaking: false,
  statistics: { violations: 0, claimsClamped: 0, gapSamples: 0 },
} as ConversationState;

/** An oracle that watches one utterance of two seconds, whose first frames have arrived. */
function watch() {
  let nowMs = 0;
  const microphone = new Int16Array(35_200);
  microphone.set(markedSpeech(FIRST_SPEECH, 19_200), 16_000);
  const oracle = new Oracle(CALM, microphone, () => nowMs);
  const { samples, speech } = oracle.log.utteranceBegun(1, 32_000);
  oracle.log.given(speech, samples.length);
  let sequence = 0;
  const send = (timestamp: number, generation = 1): void =>
    oracle.packet(packetOf(samples, generation, sequence++, timestamp));
  const play = (from: number): void => oracle.device(samples.slice(from, from + 320), 320, PLAYER);
  for (let timestamp = 0; timestamp < 3200; timestamp += 320) send(timestamp);
  const setTime = (timeMs: number): void => {
    nowMs = timeMs;
  };
  const laws = (): string[] => oracle.violations.list.map(({ law }) => law);
  return { oracle, samples, microphone, send, play, setTime, laws };
}

function packetOf(
  samples: Int16Array,
  generation: number,
  sequence: number,
  timestamp: number,
): Uint8Array {
  const bytes = new Uint8Array(12 + 640);
  const view = new DataView(bytes.buffer);
  bytes[0] = 1;
  view.setUint16(2, generation, true);
  view.setUint32(4, sequence, true);
  view.setUint32(8, timestamp, true);
  for (let index = 0; index < 320; index++)
    view.setInt16(12 + 2 * index, samples[timestamp + index]!, true);
  return bytes;
}

function finish(oracle: Oracle, player: Partial<PlayerClaims> = {}): void {
  oracle.log.utteranceEnded('interrupted', {
    utterance: 1,
    heardSamples: 0,
    givenSamples: 32_000,
    source: 'reported',
  });
  oracle.log.turnStarted({ turn: 1, startSample: 0, continues: null });
  oracle.finish(STATE, { ...PLAYER, ...player }, SESSION);
}

/** The one talk is told as a turn, at this time. */
function tell({ oracle, microphone, setTime }: ReturnType<typeof watch>, atMs: number): void {
  const end = { turn: 1, startSample: 11_200, endSample: 34_432, reason: 'silence' } as const;
  oracle.log.audio(0, microphone);
  oracle.device(new Int16Array(320), 0, PLAYER);
  setTime(atMs);
  oracle.device(new Int16Array(320), 0, PLAYER);
  oracle.log.turnEnded(end);
  oracle.log.toldOutside(end);
}

it('[L1] sees a pull that gives sound where it says that there is none', () => {
  const { oracle, laws } = watch();
  oracle.device(Int16Array.of(0, 0, 5), 2, PLAYER);
  expect(laws()).toContain('L1');
});

it('[L2] sees a frame that is skipped, and one that plays again', () => {
  const skipped = watch();
  skipped.play(0);
  skipped.play(320);
  expect(skipped.laws()).toEqual([]);
  skipped.play(960);
  expect(skipped.laws()).toEqual(['L2']);
  const repeated = watch();
  repeated.play(0);
  repeated.play(320);
  repeated.play(320);
  expect(repeated.laws()).toEqual(['L2']);
});

it('[L2] lets a release play again what lies behind its sample, and no more', () => {
  for (const [from, laws] of [
    [480, []],
    [160, ['L2']],
  ] as const) {
    const run = watch();
    run.play(0);
    run.play(320);
    run.oracle.fromService('{"type":"hold","generation":1}');
    run.oracle.fromService('{"type":"release","generation":1,"fromSample":320}');
    run.play(from);
    expect(run.laws()).toEqual(laws);
  }
});

it('[L3] sees what plays after it was cleared, and what never came', () => {
  const cleared = watch();
  cleared.oracle.fromService('{"type":"clear","generation":1}');
  cleared.play(0);
  cleared.send(3200);
  expect(cleared.laws()).toEqual(['L3', 'L3']);
  const invented = watch();
  invented.play(3200);
  expect(invented.laws()).toEqual(['L3']);
});

it('[L4] sees sound that is left in the buffer', () => {
  const { oracle, laws } = watch();
  finish(oracle, { bufferedMs: 20 });
  expect(laws()).toContain('L4');
});

it('[L5] sees a buffer that holds more than the lead explains', () => {
  const { oracle, laws } = watch();
  oracle.device(new Int16Array(320), 0, { ...PLAYER, bufferedMs: 1500 });
  expect(laws()).toEqual([]);
  oracle.device(new Int16Array(320), 0, { ...PLAYER, bufferedMs: 2500 });
  expect(laws()).toEqual(['L5']);
});

it('[L6] sees concealment in a calm network', () => {
  const { oracle, laws } = watch();
  finish(oracle, { concealedMs: 20 });
  expect(laws()).toContain('L6');
});

it('[L7] sees a turn that is told late, and [L10] lets one pass that is told once and whole', () => {
  const prompt = watch();
  tell(prompt, 2900);
  finish(prompt.oracle);
  expect(prompt.laws()).toEqual([]);
  const late = watch();
  tell(late, 4900);
  finish(late.oracle);
  expect(late.laws()).toEqual(['L7']);
});

it('[L10] [L15] sees a talk that nobody was told of, an agent cut off by nobody, and audio given twice', () => {
  const untold = watch();
  finish(untold.oracle);
  expect(untold.laws()).toEqual(['L10', 'L15']);
  const twice = watch();
  twice.oracle.log.audio(0, twice.microphone);
  tell(twice, 2900);
  finish(twice.oracle);
  expect(twice.laws()).toContain('L10');
});

it('[L11] sees a client that claims more than was heard, and an agent that is told so', () => {
  const claimed = watch();
  claimed.play(0);
  claimed.oracle.fromClient('{"type":"report","generation":1,"playedSamples":320}');
  expect(claimed.laws()).toEqual([]);
  claimed.oracle.fromClient('{"type":"report","generation":1,"playedSamples":1280}');
  expect(claimed.laws()).toEqual(['L11']);
  const told = watch();
  tell(told, 2900);
  for (let from = 0; from < 1600; from += 320) told.play(from);
  finish(told.oracle);
  expect(told.laws()).toEqual(['L11']);
});

it('[L12] sees an utterance that never ends, or twice', () => {
  const endless = watch();
  endless.oracle.finish(STATE, PLAYER, SESSION);
  expect(endless.laws()).toContain('L12');
  const twice = watch();
  finish(twice.oracle);
  finish(twice.oracle);
  expect(twice.laws()).toContain('L12');
});

it('[L13] sees a packet that is left out, and one that says something else', () => {
  const left = watch();
  left.send(3520);
  expect(left.laws()).toEqual(['L13']);
  const other = watch();
  other.samples.fill(77, 3400, 3420);
  other.send(3200);
  expect(other.laws()).toEqual([]);
  const silent = watch();
  silent.oracle.packet(packetOf(new Int16Array(4000), 1, 10, 3200));
  expect(silent.laws()).toEqual(['L13']);
});

it('[L14] sees a breach of the protocol, a client that gives up, and an event that throws', () => {
  const { oracle, laws } = watch();
  oracle.violation('A packet cannot be read.');
  oracle.gaveUp(4400);
  oracle.threw(new Error('It broke.'));
  expect(laws()).toEqual(['L14', 'L14', 'L14']);
});

it('[L15] sees sound on hold, and an agent that talks on over the caller', () => {
  const held = watch();
  held.play(0);
  held.oracle.fromService('{"type":"hold","generation":1}');
  held.play(320);
  expect(held.laws()).toEqual(['L15']);
  const loud = watch();
  for (let frame = 0; frame < 10; frame++) {
    loud.setTime(1800 + 20 * frame);
    loud.play(320 * frame);
  }
  loud.setTime(2300);
  loud.oracle.device(new Int16Array(320), 0, PLAYER);
  expect(loud.laws()).toEqual(['L15']);
});
