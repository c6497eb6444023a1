// The work budget in whole conversations: frames stay on time whatever waits to be scored, and edges are the same.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions } from '../support/engine-world.ts';
import { IsolateStreams, type IsolateStreamsOptions } from '../support/isolate-streams.ts';
import { LevelScorer } from '../support/level-scorer.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

const KERNEL_UNITS = 354;
const EVENT_UNITS = 4 * KERNEL_UNITS;

/** As expensive as the kernel. */
const dear: ScorerFactory = (listener) => new LevelScorer(listener, KERNEL_UNITS);
/** As quick as if scoring cost nothing. */
const free: ScorerFactory = (listener) => new LevelScorer(listener, 0);

const VOICES = [0, 1, 2, 3, 4].map((voice) =>
  voiceScript(
    [
      [300 + voice * 90, 1100 + voice * 110],
      [2300 + voice * 50, 3000 + voice * 70],
    ],
    voice,
  ),
);

/** Allows whatever it is asked for. */
class BoundlessLedger extends WorkLedger {
  override closeEvent(): void {}

  override take(units: number): boolean {
    return super.take(units, Number.MAX_SAFE_INTEGER);
  }
}

function isolate(options: Partial<IsolateStreamsOptions> & { streams: number }): IsolateStreams {
  return new IsolateStreams({
    ledger: new WorkLedger(),
    createScorer: dear,
    microphone: (stream) => VOICES[stream % VOICES.length]!,
    endMs: 5000,
    ...options,
  });
}

/** The same with scoring that costs nothing: what the thread is late by without it, and the edges. */
function compare(options: Partial<IsolateStreamsOptions> & { streams: number }) {
  return { budgeted: isolate(options), unburdened: isolate({ ...options, createScorer: free }) };
}

function turnsOf(streams: IsolateStreams) {
  return { turns: streams.told('turn'), speech: streams.told('speech') };
}

describe('many conversations in one isolate', () => {
  /** Everything captured within two seconds is delivered at the end of them. */
  const stalled = (capturedMs: number) =>
    capturedMs > 500 && capturedMs < 2500 ? 2500 : capturedMs;

  it('[C30] a burst of two seconds makes no frame late, and its scores catch up', () => {
    const story = voiceScript([[0, 4500]], 9);
    const { budgeted, unburdened } = compare({ streams: 3, arrivalMs: stalled, story });
    expect(budgeted.mostUnitsInEvent).toBe(EVENT_UNITS);
    expect(budgeted.longestWaitMs - unburdened.longestWaitMs).toBeLessThan(5);
    expect(budgeted.mostWaitingWindows).toBeGreaterThan(100);
    expect(budgeted.waitingWindows).toBe(0);
    expect(turnsOf(budgeted)).toEqual(turnsOf(unburdened));
    const sent = (streams: IsolateStreams) => streams.streams.map(({ framesSent }) => framesSent);
    expect(sent(budgeted)).toEqual(sent(unburdened));
    expect(sent(budgeted)[0]).toBe(225);
  });

  it('[C30] a thousand windows that wait after a stall are scored a few per event, and the frames stay on time', () => {
    const story = voiceScript([[0, 4500]], 9);
    const { budgeted, unburdened } = compare({ streams: 40, arrivalMs: stalled, story });
    expect(budgeted.mostWaitingWindows).toBeGreaterThan(1000);
    expect(budgeted.mostUnitsInEvent).toBe(EVENT_UNITS);
    expect(budgeted.longestWaitMs - unburdened.longestWaitMs).toBeLessThan(10);
    expect(budgeted.total('windowsQueued')).toBeGreaterThan(1000);
    expect(budgeted.total('windowsSkipped')).toBe(0);
    expect(budgeted.waitingWindows).toBe(0);
    expect(turnsOf(budgeted)).toEqual(turnsOf(unburdened));
    expect(budgeted.streams.map(({ framesSent }) => framesSent)).toEqual(
      unburdened.streams.map(({ framesSent }) => framesSent),
    );
  });

  it('[C30] notices what an event without a limit would do', () => {
    const { budgeted, unburdened } = compare({
      streams: 40,
      arrivalMs: stalled,
      ledger: new BoundlessLedger(1e9, 1e9),
    });
    expect(budgeted.longestWaitMs - unburdened.longestWaitMs).toBeGreaterThan(50);
  });

  it('[C30] two hundred callers are scored with every frame on time', () => {
    const story = voiceScript([[0, 2000]], 9);
    const { budgeted, unburdened } = compare({ streams: 200, story, endMs: 4500 });
    expect(budgeted.longestWaitMs).toBeLessThan(10);
    expect(budgeted.mostUnitsInEvent).toBeLessThanOrEqual(EVENT_UNITS);
    expect(budgeted.total('windowsScored')).toBe(unburdened.total('windowsScored'));
    expect(budgeted.total('windowsByEnergy') + budgeted.total('windowsSkipped')).toBe(0);
    expect(turnsOf(budgeted)).toEqual(turnsOf(unburdened));
    expect(budgeted.streams.every(({ framesSent }) => framesSent === 100)).toBe(true);
  });
});

/** Another conversation that spends all it can get, from the first to the second time. */
function compete(world: VirtualWorld, ledger: WorkLedger, fromMs: number, toMs: number): void {
  world.at(fromMs, () => {
    ledger.enter(fromMs);
    while (ledger.take(KERNEL_UNITS, 1e9));
    if (fromMs < toMs) compete(world, ledger, fromMs + 1, toMs);
  });
}

const CALL = voiceScript([
  [600, 1500],
  [2400, 3100],
  [4100, 5600],
  [6500, 7300],
  [8400, 9100],
  [13_000, 13_900],
]);
const CALL_END_MS = 16_000;

function competingWorld(options: Partial<EngineWorldOptions> = {}) {
  const world = new VirtualWorld();
  const ledger = new WorkLedger(40, 1500);
  const engine = new EngineWorld({
    createScorer: dear,
    agent: new Parrot({ interruptible: true }),
    microphone: CALL,
    ...options,
    world,
    ledger,
  });
  compete(world, ledger, 1000, 8000);
  return { world, engine };
}

const COMPETING = (() => {
  const { world, engine } = competingWorld();
  world.runTo(CALL_END_MS);
  return { engine, statistics: engine.engine.state(CALL_END_MS).statistics };
})();

describe('one conversation in an isolate that is short of work to give', () => {
  it('[V31][C29] goes to the energy scorer and comes back, and tells each level', () => {
    const levels = COMPETING.engine.sent('degraded').map(({ level }) => level);
    expect(levels[0]).toBe('queued');
    expect(levels).toContain('energy');
    expect(levels.at(-1)).toBe('full');
    expect(levels.every((level, index) => level !== levels[index + 1])).toBe(true);
    expect(COMPETING.engine.sent('degraded').every(({ reason }) => reason.endsWith('.'))).toBe(
      true,
    );
    const { engine, statistics } = COMPETING;
    expect(engine.engine.state(CALL_END_MS)).toMatchObject({
      scoringLevel: 'full',
      scorer: 'level',
    });
    expect(statistics.scorerSwitches).toBe(2);
    expect(statistics.windowsByEnergy).toBeGreaterThan(30);
    expect(statistics.windowsQueued).toBeGreaterThan(50);
  });

  it('[C29] hears every turn of the caller, and the caller every sample of the answers', () => {
    const world = new VirtualWorld();
    const agent = new Parrot({ interruptible: true });
    const alone = new EngineWorld({ world, agent, microphone: CALL });
    world.runTo(CALL_END_MS);
    const turns = (engine: EngineWorld) => engine.sent('turn').map(({ state }) => state);
    expect(turns(COMPETING.engine)).toEqual(turns(alone));
    expect(COMPETING.statistics.packetsReceived).toBe(
      alone.engine.state(CALL_END_MS).statistics.packetsReceived,
    );
    expect(COMPETING.statistics.packetsDiscarded).toBe(0);
    expect(COMPETING.statistics.gapSamples).toBe(0);
    expect(COMPETING.engine.player.status.underruns).toBe(0);
  });

  it('[S1] goes on from its snapshot as if never interrupted, whatever waits and whoever is in charge', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1000, max: 12_000 }), { minLength: 2, maxLength: 5 }),
        (times) => {
          const { world, engine } = competingWorld();
          for (const timeMs of times.sort((a, b) => a - b)) {
            world.runTo(timeMs);
            engine.replace(new Parrot({ interruptible: true }));
          }
          world.runTo(CALL_END_MS);
          expect(engine.happenings).toEqual(COMPETING.engine.happenings);
          expect(engine.heard).toEqual(COMPETING.engine.heard);
        },
      ),
      { numRuns: 6, seed: 31 },
    );
  });
});

it('[C31] gives an agent nothing of a turn that waits to be scored twice, or too early', () => {
  const told = [dear, free].map((createScorer) => {
    const world = new VirtualWorld();
    const ledger = new WorkLedger(40, 1500);
    const agent = new ScriptedAgent();
    const microphone = voiceScript([
      [600, 1500],
      [2400, 3100],
    ]);
    new EngineWorld({ world, agent, microphone, createScorer, ledger });
    if (createScorer === dear) compete(world, ledger, 1000, 3500);
    world.runTo(8000);
    return { turns: agent.told, positions: agent.positions, samples: agent.samples };
  });
  expect(told[0]!.turns).toEqual(told[1]!.turns);
  const ends = told[0]!.turns.flatMap((each) => (each.kind === 'turn-ended' ? [each.end] : []));
  expect(ends).toHaveLength(2);
  for (const { startSample, endSample } of ends) {
    for (let position = startSample; position < endSample; position += 40) {
      const at = told[0]!.positions.indexOf(position);
      expect(told[0]!.samples[at]).toBe(told[1]!.samples[told[1]!.positions.indexOf(position)]);
    }
  }
});

it('[C31] lets no watchdog speak before what was said is scored', () => {
  const world = new VirtualWorld();
  const ledger = new WorkLedger(40, 1500);
  const agent = new ScriptedAgent();
  const engine = new EngineWorld({
    world,
    agent,
    microphone: voiceScript([[300, 20_000]]),
    createScorer: dear,
    ledger,
    config: { noAudioMs: 300 },
  });
  world.runTo(1400);
  // Earned back by 2700 ms.
  ledger.enter(1400);
  ledger.take(52_000, 52_000);
  world.runTo(2000);
  engine.stopListening();
  world.runTo(2600);
  expect(engine.engine.state(world.nowMs).waitingWindows).toBeGreaterThan(15);
  expect(agent.kinds()).toEqual(['turn-started']);
  world.runTo(4000);
  expect(agent.told.at(-1)).toMatchObject({
    kind: 'turn-ended',
    end: { reason: 'no-audio', endSample: 2000 * 16 },
  });
});
