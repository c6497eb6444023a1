// What becomes of a call whose storage refuses what happens in it.

import { describe, expect, it } from 'vitest';
import type { TurnEnd } from '../../core/conversation/agent.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld } from '../support/engine-world.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

/** An agent that answers each turn, and notes what it may tell somebody outside. */
class AnsweringAgent extends ScriptedAgent {
  readonly toldOutside: number[] = [];
  #waiting: number[] = [];

  override turnEnded(end: TurnEnd): void {
    super.turnEnded(end);
    this.#waiting.push(end.turn);
    this.say(voiceScript([[0, 600]], 3));
  }

  stored(): void {
    this.toldOutside.push(...this.#waiting);
    this.#waiting = [];
  }
}

/** The turn ends after about 2.1 s; the storage refuses everything from 1.2 s on. */
function callThatIsRefused(how: 'full' | 'narrow') {
  const world = new VirtualWorld();
  const agent = new AnsweringAgent();
  const microphone = voiceScript([[500, 1500]]);
  const engine = new EngineWorld({ world, agent, microphone, isRecorded: true });
  world.runTo(1200);
  engine.storage = how;
  const turnsTold = () => engine.sent('turn').filter(({ state }) => state === 'ended').length;
  const packets = () => engine.happenings.filter(({ kind }) => kind === 'audio').length;
  return { world, agent, engine, turnsTold, packets };
}

describe('a storage that refuses', () => {
  it('[C42] holds back a turn and its answer until they are stored, and is asked again ten times a second', () => {
    const { world, agent, engine, turnsTold, packets } = callThatIsRefused('full');
    world.runTo(6000);
    expect(agent.kinds()).toContain('turn-ended');
    expect([turnsTold(), packets(), agent.toldOutside]).toEqual([0, 0, []]);
    expect(engine.engine.withholds).toBe(true);
    engine.storage = 'takes';
    world.runTo(6150);
    expect([turnsTold(), agent.toldOutside]).toEqual([1, [1]]);
    expect(packets()).toBeGreaterThan(0);
    world.runTo(8000);
    expect(engine.sent('utterance').at(-1)).toMatchObject({ state: 'ended', reason: 'completed' });
    expect(turnsTold()).toBe(1);
  });

  it('[C42] tells a turn once though the memory is lost while it is held back', () => {
    const { world, agent, engine, turnsTold } = callThatIsRefused('full');
    world.runTo(4000);
    const next = new AnsweringAgent();
    engine.evict(next, true);
    engine.storage = 'takes';
    world.runTo(9000);
    expect(turnsTold()).toBe(1);
    expect([agent.toldOutside, next.toldOutside]).toEqual([[], [1]]);
  });

  it('[C42] welcomes a client that comes meanwhile when its coming is stored, before anything else', () => {
    const { world, engine } = callThatIsRefused('full');
    world.runTo(3000);
    engine.cut();
    const before = engine.happenings.length;
    engine.connect();
    world.runTo(5000);
    expect(engine.happenings.slice(before)).toEqual([]);
    engine.storage = 'takes';
    world.runTo(9000);
    const first = engine.happenings.slice(before).find(({ kind }) => kind !== 'checkpoint');
    expect(first).toMatchObject({ kind: 'control', message: { type: 'welcome' } });
    expect(engine.violations).toEqual([]);
  });

  it('[C43] goes on without after ten seconds, and at once where it would help nothing to wait', () => {
    const full = callThatIsRefused('full');
    full.world.runTo(11_000);
    expect(full.turnsTold()).toBe(0);
    full.world.runTo(12_500);
    expect([full.turnsTold(), full.agent.toldOutside]).toEqual([1, [1]]);
    expect(full.packets()).toBeGreaterThan(0);
    const narrow = callThatIsRefused('narrow');
    narrow.world.runTo(3000);
    expect([narrow.turnsTold(), narrow.agent.toldOutside]).toEqual([1, [1]]);
  });

  it('[C44] ends a call when its end is stored: until then nobody is told, and it is tried again', () => {
    const { world, engine } = callThatIsRefused('full');
    engine.event((conversation, nowMs) => conversation.end(false, 'enough', nowMs));
    world.runTo(4000);
    const closed = () => engine.happenings.filter(({ kind }) => kind === 'closed');
    expect([closed(), engine.sent('closing')]).toEqual([[], []]);
    expect(engine.engine.nextDeadlineMs).toBeLessThan(4200);
    engine.storage = 'takes';
    world.runTo(4200);
    expect(engine.sent('closing')).toMatchObject([{ reason: 'enough', afterLastWord: false }]);
    expect(closed()).toEqual([{ kind: 'closed', code: 4410 }]);
    expect(engine.lastCheckpoint?.call).toMatchObject({ kind: 'ended' });
    expect(engine.engine.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});
