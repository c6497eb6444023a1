// What becomes of a conversation over versions, long absences, and losses that nobody could prevent.

import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AudioGap } from '../../core/conversation/agent.ts';
import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld } from '../support/engine-world.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

/** Written by version 0.1.0, before there was a journal: a parrot is in the middle of its answer to the first turn. */
const OLD = new URL('./snapshots/before-the-journal.bin', import.meta.url);
const OLD_AT_MS = 2500;
const OLD_CALLER = voiceScript([
  [400, 1400],
  [2600, 3800],
]);

function parrotWorld(microphone: Int16Array) {
  const world = new VirtualWorld();
  const agent = new Parrot({ interruptible: true });
  return { world, engine: new EngineWorld({ world, agent, microphone, isRecorded: true }) };
}

/** The same state with fields that this version does not know, everywhere. */
function fromTheFuture(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromTheFuture);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const known = Object.entries(value).map(([name, each]) => [name, fromTheFuture(each)] as const);
  return {
    ...Object.fromEntries(known),
    tomorrow: { is: 'another day', samples: new Int16Array(3) },
  };
}

/** Every path of a record at which there is something, with its type. */
function shapeOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
    return value === undefined
      ? []
      : [`${path}: ${ArrayBuffer.isView(value) ? 'array' : typeof value}`];
  }
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((each) => shapeOf(each, `${path}[]`));
  return Object.entries(value).flatMap(([name, each]) => shapeOf(each, `${path}.${name}`));
}

describe('versions', () => {
  const old = () => deserialize(gunzipSync(readFileSync(OLD))) as ConversationSnapshot;

  it('[S9] goes on from the snapshot of an older version, and from one of a newer', () => {
    for (const snapshot of [old(), fromTheFuture(old()) as ConversationSnapshot]) {
      const { world, engine } = parrotWorld(OLD_CALLER);
      world.runTo(OLD_AT_MS);
      const heardBefore = engine.heard.length;
      engine.evict(new Parrot({ interruptible: true }), true, structuredClone(snapshot));
      world.runTo(9000);
      const ended = engine.sent('turn').filter(({ state }) => state === 'ended');
      expect(ended.map(({ turn }) => turn)).toEqual([1, 2]);
      expect(engine.sent('utterance').at(-1)).toMatchObject({ utterance: 2, reason: 'completed' });
      expect(engine.heard.length).toBeGreaterThan(heardBefore);
      expect(engine.violations).toEqual([]);
    }
  });

  it('[S9] still writes what an older version reads', () => {
    const { world, engine } = parrotWorld(OLD_CALLER);
    world.runTo(OLD_AT_MS);
    const now = new Set(shapeOf(engine.engine.snapshot()));
    // What the older version takes for its initial value when it is missing; PCM needs no converter.
    const given = shapeOf(old()).filter(
      (each) => !/^\.(deferred|checkpointPosition)|converter/.test(each),
    );
    expect(given.length).toBeGreaterThan(100);
    expect(given.filter((each) => !now.has(each))).toEqual([]);
  });
});

describe('a caller who was away', () => {
  /** An agent tells a long story with a pause at 3 s; the caller leaves in its middle and comes back. */
  function comesBackAfter(awayMs: number) {
    const world = new VirtualWorld();
    const story = voiceScript(
      [
        [0, 3000],
        [3100, 9000],
      ],
      3,
    );
    const agent = new ScriptedAgent({ greeting: story });
    const config = { idleTimeoutMs: 60_000 };
    const engine = new EngineWorld({ world, agent, microphone: new Int16Array(0), config });
    world.runTo(2400);
    engine.cut();
    world.runTo(2400 + awayMs);
    const heardUntilThen = engine.player.status.playedSamples;
    engine.heard.length = 0;
    engine.connect();
    world.runTo(15_000 + awayMs);
    const first = engine.heard.findIndex((sample) => sample !== 0);
    // Behind the fade, where samples are what they were.
    const run = engine.heard.slice(first + 1600, first + 1608);
    const at = story.findIndex((_, index) => run.every((sample, n) => story[index + n] === sample));
    const startsAt = first < 0 ? null : at - 1600;
    return { agent, heardUntilThen, startsAt, pauseEnd: 3100 * 16, engine };
  }

  it('[C39] goes on with the very next sample when it was for no longer than the grace', () => {
    const { agent, heardUntilThen, startsAt } = comesBackAfter(4900);
    expect(heardUntilThen).toBeGreaterThan(2400 * 16);
    expect(startsAt).toBe(heardUntilThen);
    expect(agent.kinds()).toEqual(['completed']);
  });

  it('[C39] begins again at the last pause when it was for longer', () => {
    const { agent, heardUntilThen, startsAt, pauseEnd } = comesBackAfter(6000);
    expect(startsAt).toBeLessThan(heardUntilThen);
    expect(startsAt).toBe(pauseEnd);
    expect(agent.kinds()).toEqual(['completed']);
  });

  it('[C39] hears nothing more of it after ten seconds, and the agent is told what was heard', () => {
    const { agent, heardUntilThen, startsAt } = comesBackAfter(10_500);
    expect(startsAt).toBeNull();
    expect(agent.told).toMatchObject([
      { kind: 'interrupted', heard: { heardSamples: heardUntilThen, source: 'reported' } },
    ]);
  });
});

describe('what cannot be promised', () => {
  class GapAgent extends ScriptedAgent {
    readonly gaps: AudioGap[] = [];

    gap(gap: AudioGap): void {
      this.gaps.push(gap);
    }
  }

  it('[C40] is told with its length: audio that its client had to overwrite', () => {
    const world = new VirtualWorld();
    const agent = new GapAgent();
    const config = { idleTimeoutMs: 120_000, resumeGraceMs: 0 };
    const microphone = voiceScript([[0, 70_000]]);
    const engine = new EngineWorld({ world, agent, microphone, config, isRecorded: true });
    world.runTo(3000);
    engine.cut();
    world.runTo(63_000);
    const oldestKept = 63_000 / 20 - engine.session.statistics.packetsKept;
    engine.connect();
    world.runTo(72_000);
    expect(agent.gaps).toHaveLength(1);
    const [gap] = agent.gaps;
    const [welcome] = engine.sent('welcome').slice(-1);
    const lengthSamples = (oldestKept - welcome!.stored!) * 320;
    expect(lengthSamples).toBeGreaterThan(10 * 16_000);
    expect(gap).toMatchObject({ kind: 'lost', fromSample: welcome!.stored! * 320 });
    // A few more packets were overwritten until the welcome came.
    expect(gap!.lengthSamples).toBeGreaterThanOrEqual(lengthSamples);
    expect(gap!.lengthSamples).toBeLessThan(lengthSamples + 4 * 320);
    const lines = [...engine.journal.values()].flatMap((row) => row.lines);
    expect(lines.filter((line) => line.includes('"type":"gap"'))).toHaveLength(1);
  });

  it('[C40] is told with its length: what a client captured that is gone with its memory', () => {
    const world = new VirtualWorld();
    const agent = new GapAgent();
    const engine = new EngineWorld({ world, agent, microphone: voiceScript([[0, 9000]]) });
    world.runTo(3000);
    engine.cut();
    world.runTo(5000);
    engine.reload();
    world.runTo(6000);
    const [gap] = agent.gaps;
    expect(gap).toMatchObject({ kind: 'unrecorded' });
    // And the time that the network took.
    expect(gap!.lengthSamples).toBeGreaterThanOrEqual(2000 * 16);
    expect(gap!.lengthSamples).toBeLessThan(2100 * 16);
  });
});

it('[C41] tells an agent when what it was told is on its way to the disk, before anything else leaves', () => {
  const order: string[] = [];
  class OutsideAgent extends ScriptedAgent {
    override turnEnded(end: Parameters<ScriptedAgent['turnEnded']>[0]): void {
      super.turnEnded(end);
      order.push('told');
    }

    stored(): void {
      order.push('stored');
    }
  }
  const world = new VirtualWorld();
  const engine = new EngineWorld({
    world,
    agent: new OutsideAgent(),
    microphone: voiceScript([[300, 1300]]),
  });
  world.runTo(1000);
  order.length = 0;
  const before = engine.happenings.length;
  world.runTo(4000);
  expect(order.slice(0, 2)).toEqual(['told', 'stored']);
  const happened = engine.happenings.slice(before);
  const stored = happened.findIndex(({ kind }) => kind === 'checkpoint');
  const told = happened.findIndex(
    (each) =>
      each.kind === 'control' && each.message.type === 'turn' && each.message.state === 'ended',
  );
  expect(stored).toBeGreaterThanOrEqual(0);
  expect(told).toBeGreaterThan(stored);
});
