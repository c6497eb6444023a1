// Telephone calls in virtual time: the bridge and the real engine against the fake of Twilio.
import { describe, expect, it } from 'vitest';
import { MULAW_SILENCE } from '../../../core/media/mulaw.ts';
import { ScriptedAgent } from '../../support/scripted-agent.ts';
import { call, heardSpans, loud, say, tone } from '../../support/telephone.ts';

/** Networks of 20 to 80 ms each way, at the same times in every run. */
const jittery = (sentMs: number) => 20 + ((sentMs * 7919) % 61);

describe('a telephone call', () => {
  it('[TW4] brings what the agent says to the ear, whole and at once', () => {
    const { agent, world } = call();
    world.runTo(500);
    say(world, agent, tone(1990));
    world.runTo(4000);
    // The way there, and the filter that brings it to 8 kHz.
    expect(heardSpans(world)).toEqual([[532, 2522]]);
    expect(agent.told).toEqual([
      {
        kind: 'completed',
        heard: { utterance: 1, heardSamples: 31_840, givenSamples: 31_840, source: 'reported' },
      },
    ]);
    // The last frame is filled up with silence.
    expect(world.fake.playedSamples).toBe(2000 * 8);
    expect(world.fake.heard.slice(2530 * 8).every((byte) => byte === MULAW_SILENCE)).toBe(true);
    expect(world.fake.violations).toEqual([]);
  });

  it('[TW4] plays utterances one after the other, and each is heard out', () => {
    const { agent, world } = call({ delayMs: jittery });
    world.runTo(500);
    for (const ms of [300, 700, 40, 1500]) say(world, agent, tone(ms));
    world.runTo(5000);
    expect(agent.kinds()).toEqual(['completed', 'completed', 'completed', 'completed']);
    expect(world.fake.playedSamples).toBe(2540 * 8);
  });

  it.each([0, 150, 400, 900])(
    '[TW5] keeps 600 ms at Twilio at most, though that begins %i ms late',
    (slowMs) => {
      const { agent, world } = call({
        twilio: { slowMs },
        config: { leadMs: 1500, leadGrowthPct: 100 },
      });
      world.runTo(500);
      say(world, agent, tone(6000));
      world.runTo(10_000);
      expect(world.fake.mostBufferedSamples).toBe(600 * 8);
      expect(agent.kinds()).toEqual(['completed']);
      expect(world.fake.playedSamples).toBe(6000 * 8);
      // Full as the buffer is, nothing tears.
      const [first] = heardSpans(world);
      expect(first![1] - first![0]).toBeGreaterThan(5990);
    },
  );

  it('[TW6] marks the beginning, every 100 ms and the end, by generation and sample', () => {
    const { agent, world } = call();
    world.runTo(500);
    say(world, agent, tone(250));
    world.runTo(1500);
    say(world, agent, tone(100));
    world.runTo(2500);
    const marks = world.sent.flatMap(({ text }) => {
      const message = JSON.parse(text);
      return message.event === 'mark' ? [message.mark.name] : [];
    });
    expect(marks).toEqual([
      '1:0:0',
      '1:800:800',
      '1:1600:1600',
      '1:2080:2080',
      '2:0:2080',
      '2:800:2880',
    ]);
  });

  it('[TW6] tells what was heard within a mark interval, wherever between two marks the caller cuts in', () => {
    const errorsMs: number[] = [];
    for (let offset = 0; offset < 200; offset += 33) {
      const cutMs = 2000 + offset;
      const { agent, world } = call({
        delayMs: jittery,
        twilio: { voice: loud([cutMs, cutMs + 2000]) },
      });
      world.runTo(500);
      say(world, agent, tone(10_000));
      world.runTo(6000);
      const told = agent.told.find((each) => each.kind === 'interrupted')!;
      expect(told).toMatchObject({ heard: { source: 'reported' } });
      expect(world.fake.clears).toHaveLength(1);
      errorsMs.push(
        Math.abs(told.heard.heardSamples / 2 - world.fake.clears[0]!.playedSamples) / 8,
      );
      expect(world.fake.clears[0]!.droppedSamples).toBeGreaterThan(0);
    }
    expect(errorsMs).toHaveLength(7);
    expect(Math.max(...errorsMs)).toBeLessThan(100);
  });

  it('[TW6] knows the way there and back from the mark ahead of each answer', () => {
    const { agent, world } = call({ delayMs: () => 140, twilio: { voice: loud([2000, 4000]) } });
    world.runTo(500);
    say(world, agent, tone(10_000));
    world.runTo(5000);
    expect(world.engine.state(5000).statistics.clientRoundTripMs).toBe(280);
    const told = agent.told.find((each) => each.kind === 'interrupted')!;
    expect(
      Math.abs(told.heard.heardSamples / 2 - world.fake.clears[0]!.playedSamples),
    ).toBeLessThanOrEqual(8);
  });

  it('[TW7] counts no mark that a clear has brought back', () => {
    // 300 ms of speech while the agent speaks: it is cleared, and then goes on.
    const { agent, world } = call({ twilio: { voice: loud([2000, 2300]) } });
    world.runTo(500);
    say(world, agent, tone(8000));
    world.runTo(2500);
    expect(world.fake.clears[0]!.droppedSamples).toBeGreaterThan(2400);
    world.runTo(14_000);
    expect(agent.kinds()).toEqual(['completed']);
    // All was heard; what lay between the clear and the last pause before it twice.
    expect(world.fake.playedSamples).toBeGreaterThanOrEqual(8000 * 8);
    expect(world.engine.state(14_000).statistics).toMatchObject({ clears: 1, releases: 1 });
  });

  it('[TW8] sends the clear in the event in which the caller is found to speak', () => {
    const { agent, world } = call({ twilio: { voice: loud([3000, 5000]) } });
    world.runTo(500);
    say(world, agent, tone(10_000));
    world.runTo(6000);
    const clear = world.sent.findIndex(({ text }) => JSON.parse(text).event === 'clear');
    // 96 ms of speech, a window that began before it, and the way: long before the floor is taken at 544 ms.
    expect(world.sent[clear]!.atMs).toBeGreaterThan(3096);
    expect(world.sent[clear]!.atMs).toBeLessThan(3170);
    expect(world.sent.slice(clear + 1)).toEqual([]);
    expect(agent.kinds()).toEqual(['interrupted', 'turn-started', 'turn-ended']);
  });

  it('[TW8] cuts in when the agent has finished generating, and when the caller never stops', () => {
    const { agent, world } = call({ twilio: { voice: loud([600, 9000]) } });
    world.runTo(500);
    say(world, agent, tone(300));
    world.runTo(10_500);
    expect(world.fake.playedSamples).toBeLessThanOrEqual(320 * 8);
    expect(agent.kinds()).toContain('turn-ended');
  });

  it('[TW9] gives the agent what is typed, when it is complete', () => {
    const { agent, world } = call();
    const press = (keys: string) => {
      for (const key of keys) world.caller((fake) => fake.press(key));
    };
    world.runTo(1000);
    press('12');
    world.runTo(1800);
    press('3');
    world.runTo(3000);
    expect(agent.told).toEqual([]);
    world.runTo(3400);
    press('42#7*');
    world.runTo(6000);
    expect(agent.told).toEqual([
      { kind: 'text', text: '123' },
      { kind: 'text', text: '42#' },
      { kind: 'text', text: '7*' },
    ]);
  });

  it('[TW10] is over when the caller hangs up', () => {
    const { agent, world } = call();
    world.runTo(1000);
    world.caller((fake, nowMs) => fake.hangUp(nowMs));
    world.runTo(1100);
    expect(agent.told).toEqual([{ kind: 'closed', reason: 'The caller hung up.' }]);
    expect(world.engine.state(1100).phase).toBe('ended');
    expect(world.closes).toEqual([4410]);
  });

  it('[TW10] waits when the stream breaks off, and no longer than it was told to', () => {
    const { agent, world } = call({ twilio: { dieAtMs: 1000 }, config: { idleTimeoutMs: 20_000 } });
    world.runTo(20_000);
    expect(world.engine.state(20_000).phase).toBe('active');
    world.runTo(21_200);
    expect(agent.told).toEqual([{ kind: 'closed', reason: 'Nobody was there.' }]);
  });

  it('[TW11] hangs up after the last word was heard', () => {
    const { agent, world } = call();
    world.runTo(500);
    world.event((engine, nowMs) =>
      engine.outsideEvent(() => {
        agent.say(tone(2000));
        agent.host.hangUp('Goodbye.');
      }, nowMs),
    );
    world.runTo(2500);
    expect(world.closes).toEqual([]);
    world.runTo(3000);
    expect(world.closes).toEqual([4410]);
    expect(world.fake.playedSamples).toBe(2000 * 8);
    expect(agent.kinds()).toEqual(['completed', 'closed']);
  });

  it('[TW11] tells where an agent hands the caller on to, once its last word was heard', () => {
    const { agent, world } = call();
    world.runTo(500);
    world.event((engine, nowMs) =>
      engine.outsideEvent(() => {
        agent.say(tone(1000));
        agent.host.transfer('+15550123');
      }, nowMs),
    );
    world.runTo(1000);
    expect(world.engine.state(1000)).toMatchObject({ phase: 'draining', transfer: null });
    world.runTo(2000);
    expect(world.closes).toEqual([4410]);
    expect(world.engine.state(2000)).toMatchObject({ phase: 'ended', transfer: '+15550123' });
  });

  it('[TW12] counts what it does not understand, and goes on', () => {
    const { agent, world } = call({ twilio: { malformedEvery: 5, voice: loud([1000, 2000]) } });
    world.runTo(500);
    say(world, agent, tone(300));
    world.runTo(4000);
    const { statistics } = world.engine.state(4000);
    expect(statistics).toMatchObject({ violations: 0, turnsEnded: 1, gapEvents: 0 });
    // Of ten kinds eight are none of Twilio's messages; the others are marks that nobody has made.
    expect(statistics.unknownMessages).toBe(32);
    expect(agent.kinds()).toEqual(['completed', 'turn-started', 'turn-ended']);
  });

  it('[TW12] gives up the speech of a stream that reports nothing', () => {
    const { agent, world } = call({ twilio: { silentFromMs: 2000 } });
    world.runTo(1000);
    say(world, agent, tone(8000));
    world.runTo(40_000);
    expect(world.fake.mostBufferedSamples).toBe(600 * 8);
    expect(agent.kinds()).toEqual(['interrupted']);
    // It is told no more than what marks have shown, and the next could.
    const told = agent.told.find((each) => each.kind === 'interrupted')!;
    expect(told.heard.heardSamples / 16).toBeGreaterThan(800);
    expect(told.heard.heardSamples / 16).toBeLessThan(1100);
  });

  it('[F8] goes on after the loss of memory where it was, its speech in the buffer and all', () => {
    const { agent, world } = call({ delayMs: jittery, canEvict: true });
    world.runTo(500);
    say(world, agent, tone(5000));
    world.runTo(2730);
    const after = new ScriptedAgent();
    world.evict(after);
    world.runTo(7000);
    expect(heardSpans(world)).toHaveLength(1);
    expect(world.fake.playedSamples).toBe(5000 * 8);
    expect(world.fake.violations).toEqual([]);
    expect(after.kinds()).toEqual(['completed']);
    expect(world.engine.state(7000).statistics).toMatchObject({ epoch: 1, violations: 0 });
  });

  it('[F8] hears a caller on through the loss of memory; what was not stored is a gap as long as it was', () => {
    const { world } = call({ twilio: { voice: loud([1000, 1400], [2600, 4000]) }, canEvict: true });
    world.runTo(3210);
    const after = new ScriptedAgent();
    world.evict(after);
    world.runTo(5500);
    const { gapSamples, gapEvents } = world.engine.state(5500).statistics;
    expect(gapEvents).toBe(1);
    expect(gapSamples).toBeGreaterThan(0);
    const ended = after.told.findLast((each) => each.kind === 'turn-ended')!;
    expect(ended.end.endSample).toBeGreaterThan(3930 * 16);
    expect(ended.end.endSample).toBeLessThan(4100 * 16);
  });
});
