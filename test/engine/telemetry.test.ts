// What a conversation tells of itself, in virtual time, and how it takes new numbers.

import { describe, expect, it } from 'vitest';
import { ConfigurationError, conversationConfig } from '../../core/conversation/config.ts';
import { start } from '../support/engine-call.ts';
import { voiceScript } from '../support/voice-script.ts';

describe('telemetry and time', () => {
  it('[C15] echoes ten times a second while packets come, tells statistics once, and then wants no timer', () => {
    const { world, engine } = start();
    world.runTo(3050);
    expect(engine.sent('echo').length).toBeGreaterThanOrEqual(28);
    expect(engine.sent('echo').length).toBeLessThanOrEqual(31);
    expect(engine.sent('stats').length).toBeGreaterThanOrEqual(2);
    expect(engine.sent('stats').at(-1)!.statistics.packetsReceived).toBeGreaterThan(90);
    engine.session.mute(world.nowMs);
    engine.stopListening();
    world.runTo(6000);
    const hourMs = 3_600_000;
    expect(engine.engine.nextDeadlineMs).toBeGreaterThan(world.nowMs + hourMs / 2);
  });

  it('[C16] stands still when its clock is set back', () => {
    const engineClock = (trueMs: number) =>
      trueMs > 1000 && trueMs < 1600 ? trueMs - 800 : trueMs;
    const { world, agent } = start({ microphone: voiceScript([[500, 1500]]), engineClock });
    world.runTo(4000);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
  });

  it('[C17] takes new numbers in mid-call', () => {
    const microphone = voiceScript([
      [500, 1000],
      [1900, 2400],
    ]);
    const plain = start({ microphone });
    plain.world.runTo(5000);
    expect(plain.agent.kinds()).toHaveLength(4);
    const patient = start({ microphone });
    patient.world.runTo(300);
    const config = conversationConfig({ hangoverMs: 2000 });
    patient.engine.event((conversation, nowMs) => conversation.configure(config, nowMs));
    patient.world.runTo(6000);
    expect(patient.agent.kinds()).toEqual(['turn-started', 'turn-ended']);
  });

  it('[C18] refuses numbers outside their range with a sentence that names the field, the rule and the value', () => {
    expect(() => conversationConfig({ leadMs: 5 })).toThrow(
      'Cannot configure the conversation: "leadMs" must be a number of ms from 20 to 1500, received 5.',
    );
    expect(() => conversationConfig({ leadMs: '600' })).toThrow(ConfigurationError);
    expect(() => conversationConfig({ constructor: 1 })).toThrow(
      'there is no setting "constructor"',
    );
    expect(() => conversationConfig({ enterThreshold: 0.3 })).toThrow(
      '"leaveThreshold" must be below',
    );
    expect(() => conversationConfig({ pauseMs: 1000 })).toThrow(
      '"pauseMs" must not exceed "hangoverMs"',
    );
    expect(conversationConfig({ leadMs: 40 }).leadMs).toBe(40);
  });
});

it('[C24] cuts the texts of an agent to what a message may hold', () => {
  const { world, engine, agent } = start();
  world.runTo(500);
  engine.event((conversation, nowMs) =>
    conversation.outsideEvent(() => {
      agent.host.transcript('agent', 'a'.repeat(9000), true);
      agent.host.fail('b'.repeat(300), 'c'.repeat(900));
      agent.host.hangUp('d'.repeat(900));
    }, nowMs),
  );
  world.runTo(1000);
  expect(engine.received.map(({ message }) => message.type)).toEqual(
    expect.arrayContaining(['transcript', 'error', 'closing']),
  );
  expect(engine.violations).toEqual([]);
});
