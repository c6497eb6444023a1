// How a conversation ends, in virtual time: by whom, when, and what is still heard.

import { describe, expect, it } from 'vitest';
import { rawConnection, start } from '../support/engine-call.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

describe('ending', () => {
  const greeting = voiceScript([[0, 2000]]);

  it('[C19] ends after the last word was heard', () => {
    const { world, engine, agent } = start({ agent: new ScriptedAgent({ greeting }) });
    world.runTo(500);
    engine.event((conversation, nowMs) => conversation.end(true, 'Good night.', nowMs));
    world.runTo(5000);
    expect(agent.kinds()).toEqual(['completed', 'closed']);
    expect(engine.sent('closing')).toMatchObject([
      { reason: 'Good night.', afterLastWord: true },
      { reason: 'Good night.', afterLastWord: false },
    ]);
    expect(engine.happenings.at(-1)).not.toMatchObject({ kind: 'audio' });
    expect(engine.happenings).toContainEqual({ kind: 'closed', code: 4410 });
    const spoken = engine.heard.filter((sample) => sample !== 0).length;
    expect(spoken).toBeGreaterThan(2000 * 16 * 0.99);
  });

  it('[C19] lets the agent hang up after its last word', () => {
    const { world, engine, agent } = start();
    world.runTo(500);
    engine.event((conversation, nowMs) =>
      conversation.outsideEvent(() => {
        agent.say(greeting);
        agent.host.hangUp('All is said.');
      }, nowMs),
    );
    world.runTo(5000);
    expect(agent.told.map(({ kind }) => kind)).toEqual(['completed', 'closed']);
    expect(engine.engine.state(world.nowMs).phase).toBe('ended');
  });

  it('[C26] keeps the last word for a client that is away for less than the grace', () => {
    const { world, engine, agent } = start({ agent: new ScriptedAgent({ greeting }) });
    world.runTo(500);
    engine.event((conversation, nowMs) => conversation.end(true, 'Good night.', nowMs));
    world.runTo(800);
    engine.cut();
    world.runTo(2500);
    engine.connect();
    world.runTo(6000);
    expect(agent.kinds()).toEqual(['completed', 'closed']);
    const spoken = engine.heard.filter((sample) => sample !== 0).length;
    expect(spoken).toBeGreaterThan(2000 * 16 * 0.99);
    const away = start({ agent: new ScriptedAgent({ greeting }) });
    away.world.runTo(500);
    away.engine.event((conversation, nowMs) => conversation.end(true, 'Good night.', nowMs));
    away.engine.cut();
    away.world.runTo(5490);
    expect(away.engine.engine.state(away.world.nowMs).phase).toBe('draining');
    away.world.runTo(5600);
    expect(away.agent.told.at(-1)).toEqual({ kind: 'closed', reason: 'Good night.' });
  });

  it('[C26] remembers that it was to end when its memory is lost', () => {
    const { world, engine } = start({ agent: new ScriptedAgent({ greeting }) });
    world.runTo(500);
    engine.event((conversation, nowMs) => conversation.end(true, 'Good night.', nowMs));
    engine.evict(new ScriptedAgent({ greeting }), true);
    world.runTo(700);
    expect(engine.engine.state(world.nowMs).phase).toBe('draining');
    world.runTo(6000);
    expect(engine.engine.state(world.nowMs).phase).toBe('ended');
    const spoken = engine.heard.filter((sample) => sample !== 0).length;
    expect(spoken).toBeGreaterThan(2000 * 16 * 0.99);
  });

  it('[C26] releases an agent that was held when the end was ordered', () => {
    const microphone = voiceScript([[900, 5000]]);
    const { world, engine, agent } = start({ agent: new ScriptedAgent({ greeting }), microphone });
    world.runTo(1150);
    expect(engine.sent('hold')).toHaveLength(1);
    engine.event((conversation, nowMs) => conversation.end(true, 'Good night.', nowMs));
    world.runTo(6000);
    expect(engine.sent('release')).toHaveLength(1);
    expect(agent.kinds()).toEqual(['completed', 'closed']);
  });

  it('[C27] ends an open turn with the call', () => {
    const { world, engine, agent } = start({ microphone: voiceScript([[500, 9000]]) });
    world.runTo(2000);
    engine.event((conversation, nowMs) => conversation.end(false, 'Enough.', nowMs));
    expect(agent.told).toMatchObject([
      { kind: 'turn-started' },
      { kind: 'turn-ended', end: { reason: 'ended' } },
      { kind: 'closed' },
    ]);
    expect(engine.sent('turn').at(-1)).toMatchObject({ state: 'ended', reason: 'ended' });
  });

  it('[C20] ends at once by order, by goodbye, by its maximum length, and when nobody comes back', () => {
    const byOrder = start({ agent: new ScriptedAgent({ greeting }) });
    byOrder.world.runTo(500);
    byOrder.engine.event((conversation, nowMs) => conversation.end(false, 'Enough.', nowMs));
    expect(byOrder.agent.told.at(-1)).toEqual({ kind: 'closed', reason: 'Enough.' });
    const byGoodbye = start();
    byGoodbye.world.runTo(500);
    byGoodbye.engine.session.bye('done');
    byGoodbye.world.runTo(600);
    expect(byGoodbye.agent.told.at(-1)).toEqual({ kind: 'closed', reason: 'done' });
    const byLength = start({ config: { maximumCallMs: 5000 } });
    byLength.world.runTo(5100);
    expect(byLength.agent.told.at(-1)).toEqual({
      kind: 'closed',
      reason: 'The call reached its maximum length.',
    });
    const byAbsence = start({ config: { idleTimeoutMs: 5000 } });
    byAbsence.world.runTo(500);
    byAbsence.engine.cut();
    byAbsence.world.runTo(5600);
    expect(byAbsence.agent.told.at(-1)).toEqual({ kind: 'closed', reason: 'Nobody was there.' });
  });

  it('[C21] refuses whoever comes after the end', () => {
    const { world, engine } = start();
    expect(engine.engine.nextDeadlineMs).toBeLessThan(Number.POSITIVE_INFINITY);
    world.runTo(500);
    engine.event((conversation, nowMs) => conversation.end(false, 'Enough.', nowMs));
    const raw = rawConnection(engine, 9);
    expect(raw.closes).toEqual([4410]);
    expect(engine.engine.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});
