// The same conversation under three clocks: virtual, the machine's, and one that behaves like a deployed Worker's.

import { expect, it } from 'vitest';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { randomOf } from '../../simulation/random.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions } from '../support/engine-world.ts';
import { voiceScript } from '../support/voice-script.ts';
import { RealWorld, type World } from '../support/world.ts';

const MICROPHONE = voiceScript([
  [200, 700],
  // Over the parrot's answer.
  [1500, 1700],
]);
const END_MS = 3300;

function conversation(world: World, options: Partial<EngineWorldOptions> = {}): EngineWorld {
  const agent = new Parrot({ interruptible: true });
  return new EngineWorld({ ...options, world, agent, microphone: MICROPHONE });
}

/** What a person would notice: every message but the engine's reports about time, and the sound. */
function outcomes(engine: EngineWorld) {
  const messages = engine.happenings.flatMap((each) =>
    each.kind === 'control' && each.message.type !== 'echo' && each.message.type !== 'stats'
      ? [each.message]
      : [],
  );
  return { messages, underruns: engine.player.status.underruns };
}

/**
 * Within an event the clock stands still; in a timer's callback it equals the deadline; at a message it is held back by
 * a timer that is overdue.
 */
function productionClock(trueMs: number, deadlineMs: number, isTimer: boolean): number {
  return isTimer ? Math.ceil(deadlineMs) : Math.min(trueMs, Math.ceil(deadlineMs));
}

const VIRTUAL = (() => {
  const world = new VirtualWorld();
  const engine = conversation(world);
  world.runTo(END_MS);
  return engine;
})();

it('[C22] has something to compare: a turn, an answer, a hold and its release', () => {
  const types = outcomes(VIRTUAL).messages.map(({ type }) => type);
  for (const type of ['turn', 'utterance', 'hold', 'release']) expect(types).toContain(type);
});

it('[C22] has the same outcomes under a production-like clock whose timers are late', () => {
  let heldBack = 0;
  for (const seed of [1, 2, 3]) {
    const random = randomOf(seed);
    const world = new VirtualWorld();
    const timerLateMs = () => Math.floor(random() * 40);
    const engineClock = (trueMs: number, deadlineMs: number, isTimer: boolean) => {
      const toldMs = productionClock(trueMs, deadlineMs, isTimer);
      if (toldMs < trueMs) heldBack++;
      return toldMs;
    };
    const engine = conversation(world, { engineClock, timerLateMs });
    world.runTo(END_MS);
    expect(outcomes(engine)).toEqual(outcomes(VIRTUAL));
  }
  // The clock was really another one.
  expect(heldBack).toBeGreaterThan(0);
});

it("[C22] has the same outcomes under the machine's own clock", async () => {
  const world = new RealWorld();
  const engine = conversation(world);
  await world.reach(END_MS + 500);
  engine.stop();
  const kinds = (each: EngineWorld) =>
    outcomes(each).messages.map((message) =>
      'state' in message ? `${message.type} ${message.state}` : message.type,
    );
  expect(kinds(engine)).toEqual(kinds(VIRTUAL));
  const turns = (each: EngineWorld) => [...each.sent('turn'), ...each.sent('speech')];
  expect(turns(engine)).toEqual(turns(VIRTUAL));
});
