// What survives the loss of memory.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Agent } from '../../core/conversation/agent.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld } from '../support/engine-world.ts';
import { runs } from '../support/runs.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

const CALLER = voiceScript([
  [400, 1400],
  // Over the parrot's answer: a word of assent, then a real interruption.
  [2400, 2700],
  [3400, 4400],
  [6500, 7200],
]);
const END_MS = 10_000;

function parrotWorld() {
  const world = new VirtualWorld();
  const engine = new EngineWorld({
    world,
    agent: new Parrot({ interruptible: true }),
    microphone: CALLER,
  });
  return { world, engine };
}

const REFERENCE = (() => {
  const { world, engine } = parrotWorld();
  world.runTo(END_MS);
  return { happenings: engine.happenings, heard: engine.heard };
})();

it('[S1] goes on from its snapshot as if never interrupted, at any time', () => {
  const kinds = new Set(
    REFERENCE.happenings.map((each) => (each.kind === 'control' ? each.message.type : each.kind)),
  );
  for (const kind of ['hold', 'release', 'clear', 'turn', 'utterance', 'audio', 'checkpoint']) {
    expect(kinds).toContain(kind);
  }
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: END_MS - 1 }), { minLength: 1, maxLength: 4 }),
      (times) => {
        const { world, engine } = parrotWorld();
        for (const timeMs of times.sort((a, b) => a - b)) {
          world.runTo(timeMs);
          engine.replace(new Parrot({ interruptible: true }));
        }
        world.runTo(END_MS);
        expect(engine.happenings).toEqual(REFERENCE.happenings);
        expect(engine.heard).toEqual(REFERENCE.heard);
      },
    ),
    { numRuns: runs(25), seed: 20_261 },
  );
});

it('[S2] keeps the snapshot of a busy conversation within what one row of storage holds', () => {
  const { world, engine } = parrotWorld();
  world.runTo(3900);
  const { agent: _agent, ...snapshot } = engine.engine.snapshot();
  let bytes = 0;
  const measure = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) bytes += value.byteLength;
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(measure);
  };
  measure(snapshot);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(1_000_000);
});

it('[S3] starts from a snapshot that knows nothing but its version', () => {
  const { world, engine } = parrotWorld();
  world.runTo(1000);
  const { originMs } = engine.engine.snapshot();
  const { world: later, engine: restored } = parrotWorld();
  restored.engine.restore({ version: 1, originMs }, 1, null);
  const { phase, connected, openTurn, statistics } = restored.engine.state(later.nowMs);
  expect({ phase, connected, openTurn }).toEqual({
    phase: 'waiting',
    connected: false,
    openTurn: null,
  });
  expect(statistics).toMatchObject({ packetsReceived: 0, turnsStarted: 0, epoch: 0 });
});

/** Tells the same turn once, whole, to agents that come and go with the memory. */
function turnsTold(agents: readonly ScriptedAgent[]): number[] {
  return agents.flatMap((agent) =>
    agent.told.flatMap((told) => (told.kind === 'turn-ended' ? [told.end.turn] : [])),
  );
}

it('[S4] asks a client that is still connected who it is, and hears a turn whole across the loss', () => {
  for (const lostAtMs of [700, 1200, 1600, 3000]) {
    const world = new VirtualWorld();
    const agents = [new ScriptedAgent(), new ScriptedAgent()];
    const microphone = voiceScript([
      [500, 1500],
      [2800, 3800],
    ]);
    const engine = new EngineWorld({ world, agent: agents[0]!, microphone });
    world.runTo(lostAtMs);
    engine.evict(agents[1]!, true);
    world.runTo(8000);
    const welcomes = engine.sent('welcome');
    expect(welcomes.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(turnsTold(agents)).toEqual([1, 2]);
    const ended = agents.flatMap(({ told }) => told).find((told) => told.kind === 'turn-ended');
    const owner = agents.find(({ told }) => told.includes(ended!))!;
    const { startSample, endSample } = (
      ended as { end: { startSample: number; endSample: number } }
    ).end;
    expect(endSample - startSample).toBeGreaterThan(1200 * 16);
    if (lostAtMs < 1500) {
      for (let position = 700 * 16; position < 1400 * 16; position += 333) {
        const at = owner.positions.indexOf(position);
        if (lostAtMs >= 1200 || at >= 0) expect(owner.samples[at]).toBe(microphone[position]);
      }
    }
    const { statistics } = engine.engine.state(world.nowMs);
    expect(statistics.packetsDiscarded).toBe(0);
    expect(engine.violations).toEqual([]);
  }
});

it('[S5] goes on in a new epoch when the socket was lost with the memory', () => {
  const world = new VirtualWorld();
  const agents: Agent[] = [
    new Parrot({ interruptible: true }),
    new Parrot({ interruptible: true }),
  ];
  const microphone = voiceScript([[500, 1500]]);
  const engine = new EngineWorld({ world, agent: agents[0]!, microphone });
  world.runTo(1200);
  engine.evict(agents[1]!, false);
  world.runTo(1400);
  engine.connect();
  world.runTo(6000);
  expect(engine.sent('welcome').map(({ epoch }) => epoch)).toEqual([0, 1]);
  const said = microphone.subarray(600 * 16, 1400 * 16);
  const at = engine.heard.findIndex(
    (sample, n) => sample === said[0] && engine.heard[n + 1] === said[1],
  );
  expect(at).toBeGreaterThan(0);
  expect(engine.heard.slice(at, at + said.length)).toEqual(Array.from(said));
});

it('[S6] plays an answer to its end, once, when the memory is lost in its middle', () => {
  for (const keepSocket of [true, false]) {
    const world = new VirtualWorld();
    const microphone = voiceScript([[500, 2500]]);
    const engine = new EngineWorld({
      world,
      agent: new Parrot({ interruptible: true }),
      microphone,
    });
    world.runTo(4200);
    engine.evict(new Parrot({ interruptible: true }), keepSocket);
    world.runTo(4300);
    if (!keepSocket) engine.connect();
    world.runTo(9000);
    const said = Array.from(microphone.subarray(600 * 16, 2400 * 16));
    const at = engine.heard.findIndex(
      (sample, n) => sample === said[0] && engine.heard[n + 1] === said[1],
    );
    expect(engine.heard.slice(at, at + said.length)).toEqual(said);
    expect(engine.heard.indexOf(said[0]!, at + said.length)).toBe(-1);
    expect(engine.player.status.underruns).toBe(0);
  }
});

it('[S7] stores at hello, at told turns, before a generation, soon after the end of an utterance, and in quiet times', () => {
  const world = new VirtualWorld();
  const microphone = voiceScript([[500, 1500]]);
  const agent = new ScriptedAgent();
  const engine = new EngineWorld({ world, agent, microphone });
  const stored = () => engine.happenings.filter(({ kind }) => kind === 'checkpoint').length;
  const storedDuring = (timeMs: number, act: () => void = () => {}) => {
    const before = stored();
    act();
    world.runTo(timeMs);
    return stored() - before;
  };
  expect(storedDuring(200)).toBe(1);
  expect(storedDuring(900)).toBe(1);
  expect(storedDuring(1600)).toBe(0);
  expect(storedDuring(2500)).toBe(1);
  const speak = () =>
    engine.event((conversation, nowMs) =>
      conversation.outsideEvent(() => agent.say(voiceScript([[0, 400]])), nowMs),
    );
  expect(storedDuring(2600, speak)).toBe(1);
  // Heard out at 3.1 s, and stored two seconds later, as nothing else is.
  expect(storedDuring(4900)).toBe(0);
  expect(storedDuring(5200)).toBe(1);
  expect(storedDuring(14_000)).toBe(1);
  expect(storedDuring(14_100, () => engine.cut())).toBe(1);
});

it('[S7][C33] stores in mid-speech, or while the agent speaks, only when it has waited for its deadline', () => {
  const storedAt = (
    microphone: Int16Array,
    greeting: Int16Array | undefined,
    deferredWorkMs: number,
  ) => {
    const world = new VirtualWorld();
    const agent = new ScriptedAgent({ greeting });
    const config = { checkpointIntervalMs: 2000, deferredWorkMs };
    const engine = new EngineWorld({ world, agent, microphone, config });
    const times: number[] = [];
    for (let timeMs = 10; timeMs <= 9000; timeMs += 10) {
      const before = engine.happenings.length;
      world.runTo(timeMs);
      const happened = engine.happenings.slice(before);
      if (happened.some(({ kind }) => kind === 'checkpoint')) times.push(timeMs);
    }
    return times.filter((timeMs) => timeMs > 1000);
  };
  const story = voiceScript([[0, 6000]]);
  // The end of the turn is stored when it is told.
  expect(storedAt(voiceScript([[300, 6000]]), undefined, 60_000)).toEqual([6610, 8630]);
  expect(storedAt(voiceScript([[300, 6000]]), undefined, 1000)[0]).toBeLessThan(3700);
  expect(storedAt(new Int16Array(0), story, 60_000)[0]).toBeGreaterThan(6000);
  expect(storedAt(new Int16Array(0), story, 1000)[0]).toBeLessThan(3200);
});
