// What is on disk, and what a client is told about it.

import { expect, it } from 'vitest';
import {
  JOURNAL_ROW_MAX_BYTES,
  JournalReader,
  type JournalRow,
} from '../../core/recording/journal-row.ts';
import { parseTimelineLine } from '../../core/recording/timeline-line.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions } from '../support/engine-world.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

const FRAME_SAMPLES = 320;

function recorded(options: Partial<EngineWorldOptions> = {}) {
  const world = new VirtualWorld();
  const microphone = voiceScript([
    [300, 1800],
    [4000, 9000],
  ]);
  const agent = new ScriptedAgent();
  const engine = new EngineWorld({ world, agent, microphone, isRecorded: true, ...options });
  return { world, engine, microphone };
}

/** What is stored: the rows that the last checkpoint knows of, and what it carries itself. */
function storedRows(engine: EngineWorld): JournalRow[] {
  const { nextRow = 0, packets, lines = [] } = engine.lastCheckpoint!.journal!;
  const rows = Array.from({ length: nextRow }, (_, number) => engine.journal.get(number)!);
  return [...rows, { version: 1, number: nextRow, packets: packets!, lines }];
}

/** The caller's audio as it is stored, by frame: each must be there once. */
function journaled(engine: EngineWorld): Map<number, Int16Array> {
  const frames = new Map<number, Int16Array>();
  for (const row of storedRows(engine)) {
    const reader = new JournalReader(row);
    while (reader.next()) {
      const { sequence, timestamp } = reader.header;
      expect(timestamp).toBe(sequence * FRAME_SAMPLES);
      expect(frames.has(sequence)).toBe(false);
      frames.set(sequence, new Int16Array(reader.payload.slice().buffer));
    }
  }
  return frames;
}

function expectWhole(engine: EngineWorld, microphone: Int16Array, atLeast: number): void {
  const frames = journaled(engine);
  expect(frames.size).toBeGreaterThanOrEqual(atLeast);
  for (let frame = 0; frame < frames.size; frame++) {
    const said = microphone.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES);
    const padded = new Int16Array(FRAME_SAMPLES);
    padded.set(said);
    expect(frames.get(frame)).toEqual(padded);
  }
}

it('[C34] stores what was taken every five seconds, and writes a row when there is enough for one, each packet once', () => {
  const { world, engine, microphone } = recorded();
  world.runTo(31_000);
  expect(engine.journal.size).toBe(5);
  expectWhole(engine, microphone, 1300);
  for (const row of engine.journal.values())
    expect(row.packets.length).toBeLessThan(JOURNAL_ROW_MAX_BYTES);
});

it('[C34] writes no row when the conversation is not recorded, and acknowledges all the same', () => {
  const { world, engine } = recorded({ isRecorded: false });
  world.runTo(12_000);
  expect(engine.journal.size).toBe(0);
  expect(engine.session.statistics.packetsKept).toBeLessThan(300);
});

it('[C35] acknowledges packets when the write that covers them is confirmed, not before', () => {
  const { world, engine } = recorded({ confirmMs: 400 });
  world.runTo(300);
  expect(engine.sent('ack')).toEqual([]);
  let stores = 0;
  for (let timeMs = 310; timeMs <= 12_000; timeMs += 10) {
    world.runTo(timeMs);
    const acks = engine.sent('ack');
    const [last] = acks.slice(-1);
    // 20 ms for the network, and a frame under way.
    if (acks.length > stores) {
      stores = acks.length;
      expect(last!.sequence * 20).toBeLessThanOrEqual(timeMs - 400);
    }
  }
  expect(stores).toBeGreaterThanOrEqual(4);
  const never = recorded({ confirmMs: null });
  never.world.runTo(12_000);
  expect(never.engine.sent('ack')).toEqual([]);
  expect(never.engine.session.statistics.packetsKept).toBe(600);
});

it('[C35] tells a client that comes back what is on disk, and that resends only the rest', () => {
  const { world, engine } = recorded();
  world.runTo(8000);
  engine.cut();
  world.runTo(8500);
  engine.connect();
  const before = engine.session.statistics.packetsResent;
  world.runTo(9500);
  const [welcome] = engine.sent('welcome').slice(-1);
  expect(welcome!.stored).toBeGreaterThan(200);
  expect(engine.session.statistics.packetsResent - before).toBeLessThan(
    Math.floor(8500 / 20) - welcome!.stored! + 20,
  );
});

it('[S8] has every packet once, whatever is lost and when: memory, sockets, or both, again and again', () => {
  for (const keepSocket of [true, false]) {
    const { world, engine, microphone } = recorded({ confirmMs: 60 });
    for (let lostAtMs = 700; lostAtMs < 20_000; lostAtMs += 1730) {
      world.runTo(lostAtMs);
      engine.evict(new ScriptedAgent(), keepSocket);
      world.runTo(lostAtMs + 130);
      if (!keepSocket) engine.connect();
    }
    world.runTo(26_000);
    engine.event((conversation, nowMs) => conversation.end(false, 'enough', nowMs));
    expectWhole(engine, microphone, 1290);
    expect(engine.violations).toEqual([]);
  }
});

it('[C36] says so when nothing can be stored, acknowledges nothing meanwhile, and makes up for it', () => {
  const { world, engine, microphone } = recorded();
  world.runTo(2000);
  engine.storage = 'full';
  const acks = engine.sent('ack').length;
  world.runTo(16_000);
  expect(engine.sent('ack').length).toBe(acks);
  const refusals = engine.sent('error').filter(({ code }) => code === 'not-stored');
  expect(refusals.length).toBe(1);
  // The call went on.
  expect(engine.sent('turn').filter(({ state }) => state === 'ended').length).toBe(2);
  engine.storage = 'takes';
  world.runTo(40_000);
  engine.event((conversation, nowMs) => conversation.end(false, 'enough', nowMs));
  expectWhole(engine, microphone, 1900);
  const { statistics } = engine.engine.state(world.nowMs);
  expect(statistics.turnsEnded).toBe(2);
});

it('[C37] sends speech only when it is stored, however small the pieces in which an agent gives it', () => {
  const agent = new ScriptedAgent();
  const { world, engine } = recorded({ agent, microphone: new Int16Array(0) });
  world.runTo(500);
  const speech = voiceScript([[0, 4000]], 5);
  let said = 0;
  let utterance = 0;
  let checked = 0;
  const say = () => {
    engine.event((conversation, nowMs) =>
      conversation.outsideEvent(() => {
        if (said === 0) utterance = agent.host.begin({ interruptible: true });
        agent.host.say(utterance, speech.subarray(said, said + 4000));
        said += 4000;
        if (said >= speech.length) agent.host.end(utterance);
      }, nowMs),
    );
  };
  while (said < speech.length) {
    say();
    for (let step = 0; step < 10; step++) {
      world.runTo(world.nowMs + 10);
      const { speech: line } = engine.lastCheckpoint!.downlink!;
      const { receivedSamples } = engine.player.status;
      if (receivedSamples > 0) checked++;
      expect(receivedSamples).toBeLessThanOrEqual(line!.endPosition!);
    }
  }
  expect(checked).toBeGreaterThan(100);
  world.runTo(6000);
  const heard = { heardSamples: speech.length, givenSamples: speech.length };
  expect(agent.told).toMatchObject([{ kind: 'completed', heard }]);
  // Checkpoints of the speech, not one for each piece of it.
  expect(engine.happenings.filter(({ kind }) => kind === 'checkpoint').length).toBeLessThan(32);
});

it('[C38] writes a timeline that reads back line by line', () => {
  const { world, engine } = recorded({ agent: new Parrot({ interruptible: true }) });
  world.runTo(3000);
  engine.cut();
  world.runTo(3300);
  engine.connect();
  world.runTo(18_000);
  engine.event((conversation, nowMs) => conversation.end(false, 'enough', nowMs));
  const texts = storedRows(engine).flatMap(({ lines }) => lines);
  const lines = texts.map((text) => parseTimelineLine(text));
  expect(lines).not.toContain(null);
  const count = (type: string) => lines.filter((line) => line?.type === type).length;
  expect(lines[0]).toMatchObject({ type: 'start', conversation: 'conversation-1' });
  for (const type of ['stream', 'end']) expect([type, count(type)]).toEqual([type, 1]);
  expect([count('connected'), count('disconnected')]).toEqual([2, 2]);
  expect(count('turn')).toBe(4);
  expect(count('utterance')).toBe(4);
  expect(count('latency')).toBe(2);
  expect(count('heard')).toBeGreaterThan(10);
  const latency = lines.find((line) => line?.type === 'latency');
  expect(latency).toMatchObject({ turn: 1, utterance: 1, agentMs: 0 });
});
