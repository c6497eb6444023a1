// A conversation from hello to its end, in virtual time: who is let in, what is told, in which order.

import { describe, expect, it } from 'vitest';
import { ConfigurationError, conversationConfig } from '../../core/conversation/config.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions, type Happening } from '../support/engine-world.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

const SILENCE = new Int16Array(0);

type StartOptions = Partial<Omit<EngineWorldOptions, 'agent' | 'world'>> & {
  agent?: ScriptedAgent | Parrot;
};

function start(options: StartOptions = {}) {
  const world = new VirtualWorld();
  const agent = options.agent ?? new ScriptedAgent();
  const engine = new EngineWorld({ microphone: SILENCE, ...options, world, agent });
  return { world, engine, agent: agent as ScriptedAgent };
}

/** A connection that the test speaks for itself. */
function rawConnection(engine: EngineWorld, number: number) {
  const controls: string[] = [];
  const closes: number[] = [];
  engine.event((conversation, nowMs) =>
    conversation.connect(
      number,
      {
        resumeToken: null,
        sendAudio: () => {},
        sendControl: (message) => controls.push(JSON.stringify(message)),
        close: (code) => closes.push(code),
      },
      nowMs,
    ),
  );
  const text = (value: unknown) =>
    engine.event((conversation, nowMs) =>
      conversation.receiveText(
        number,
        typeof value === 'string' ? value : JSON.stringify(value),
        nowMs,
      ),
    );
  const binary = (bytes: Uint8Array) =>
    engine.event((conversation, nowMs) => conversation.receiveAudio(number, bytes, nowMs));
  return { controls, closes, text, binary };
}

const HELLO = {
  type: 'hello',
  version: 1,
  stream: 3,
  uplink: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
  downlink: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
};

function index(happenings: readonly Happening[], type: string, state?: string): number {
  return happenings.findIndex(
    (each) =>
      each.kind === 'control' &&
      each.message.type === type &&
      (state === undefined || ('state' in each.message && each.message.state === state)),
  );
}

describe('greeting', () => {
  it('[C1] answers hello with a welcome that is the first message of the connection', () => {
    const { world, engine } = start({
      agent: new ScriptedAgent({ greeting: voiceScript([[0, 500]]) }),
    });
    world.runTo(1000);
    const first = engine.happenings.find(({ kind }) => kind !== 'checkpoint');
    expect(first).toMatchObject({
      kind: 'control',
      message: {
        type: 'welcome',
        epoch: 0,
        connection: 1,
        stored: null,
        processed: null,
        resumeToken: 'resume-1',
      },
    });
    expect(engine.happenings.some(({ kind }) => kind === 'audio')).toBe(true);
  });

  it('[C2] refuses a first message that is not hello, and audio before hello', () => {
    for (const speak of ['text', 'audio'] as const) {
      const { world, engine } = start();
      world.runTo(100);
      const raw = rawConnection(engine, 9);
      if (speak === 'text') raw.text({ type: 'interrupt' });
      else raw.binary(new Uint8Array(652).fill(1, 0, 1));
      expect(raw.closes).toEqual([4400]);
      expect(raw.controls.at(-1)).toContain('hello');
    }
  });

  it('[C2] refuses another version of the protocol and formats that are not supported yet', () => {
    const { world, engine } = start();
    world.runTo(100);
    const newer = rawConnection(engine, 9);
    newer.text({ ...HELLO, version: 2 });
    expect(newer.closes).toEqual([4400]);
    const opus = rawConnection(engine, 10);
    opus.text({ ...HELLO, uplink: { codec: 'opus', rateHz: 48_000, frameMs: 20 } });
    expect(opus.closes).toEqual([4415]);
    expect(opus.controls.at(-1)).toContain('opus at 48000 Hz is not supported yet');
  });

  it('[C3] closes a connection that does not say hello in time, to the millisecond', () => {
    const { world, engine } = start({ config: { helloTimeoutMs: 1000 } });
    world.runTo(500);
    const raw = rawConnection(engine, 9);
    world.runTo(1499);
    expect(raw.closes).toEqual([]);
    world.runTo(1500);
    expect(raw.closes).toEqual([4408]);
  });

  it('[C4] lets a newer connection replace the older, whose messages no longer count', () => {
    const { world, engine, agent } = start();
    world.runTo(200);
    const raw = rawConnection(engine, 9);
    raw.text(HELLO);
    expect(engine.happenings).toContainEqual({ kind: 'closed', code: 4409 });
    engine.event((conversation, nowMs) =>
      conversation.receiveText(1, JSON.stringify({ type: 'text', text: 'stale' }), nowMs),
    );
    engine.event((conversation, nowMs) => conversation.disconnect(1, nowMs));
    raw.text({ type: 'text', text: 'fresh' });
    expect(agent.told).toEqual([{ kind: 'text', text: 'fresh' }]);
    const { connected, statistics } = engine.engine.state(world.nowMs);
    expect(connected).toBe(true);
    expect(statistics.supersededMessages).toBeGreaterThan(0);
  });

  it('[C5] closes only the connection that broke a rule; the client comes back to the same conversation', () => {
    const { world, engine, agent } = start();
    world.runTo(200);
    const raw = rawConnection(engine, 9);
    raw.text(HELLO);
    raw.text('{"type":"report"');
    expect(raw.closes).toEqual([4400]);
    const again = rawConnection(engine, 10);
    again.text(HELLO);
    again.text({ type: 'text', text: 'still here' });
    expect(agent.told).toEqual([{ kind: 'text', text: 'still here' }]);
    expect(engine.engine.state(world.nowMs).statistics.violations).toBe(1);
  });

  it('[C6] ignores and counts messages and packets of an unknown kind', () => {
    const { world, engine } = start();
    world.runTo(200);
    const raw = rawConnection(engine, 9);
    raw.text(HELLO);
    raw.text({ type: 'dance' });
    raw.binary(new Uint8Array(40).fill(9, 0, 1));
    expect(raw.closes).toEqual([]);
    expect(engine.engine.state(world.nowMs).statistics.unknownMessages).toBe(2);
  });
});

describe('turns', () => {
  it('[C7] stores a told turn, and what the agent said to it, before anyone hears of it', () => {
    const { world, engine } = start({
      agent: new Parrot({ interruptible: true }),
      microphone: voiceScript([[500, 1500]]),
    });
    world.runTo(5000);
    const ended = index(engine.happenings, 'turn', 'ended');
    const firstAudio = engine.happenings.findIndex(({ kind }) => kind === 'audio');
    const started = index(engine.happenings, 'turn', 'started');
    expect(started).toBeLessThan(ended);
    expect(ended).toBeLessThan(index(engine.happenings, 'utterance', 'started'));
    expect(ended).toBeLessThan(firstAudio);
    const stored = engine.happenings
      .slice(started, ended)
      .some(({ kind }) => kind === 'checkpoint');
    expect(stored).toBe(true);
  });

  it('[C8] gives the agent each turn once, in order, from the pre-roll on', () => {
    const microphone = voiceScript([
      [500, 1500],
      [2800, 3600],
    ]);
    const { world, engine, agent } = start({ microphone });
    world.runTo(6000);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended', 'turn-started', 'turn-ended']);
    expect(
      agent.positions.every((position, n) => n === 0 || position > agent.positions[n - 1]!),
    ).toBe(true);
    const offset = agent.positions[0]! - agent.positions.indexOf(agent.positions[0]!);
    expect(offset).toBe(500 * 16 - 300 * 16 - ((500 * 16) % 512));
    for (let n = 0; n < agent.positions.length; n += 97) {
      expect(agent.samples[n]).toBe(microphone[agent.positions[n]!] ?? 0);
    }
    expect(engine.violations).toEqual([]);
  });

  it('[C8] says back exactly the samples that were said', () => {
    const microphone = voiceScript([[512, 1536]]);
    const { world, engine } = start({ agent: new Parrot({ interruptible: true }), microphone });
    world.runTo(6000);
    const said = Array.from(microphone.subarray(600 * 16, 1400 * 16));
    const at = engine.heard.findIndex(
      (sample, n) =>
        sample === said[0] && engine.heard[n + 1] === said[1] && engine.heard[n + 2] === said[2],
    );
    expect(at).toBeGreaterThan(0);
    expect(engine.heard.slice(at, at + said.length)).toEqual(said);
    expect(engine.player.status.underruns).toBe(0);
  });

  it('[C9] finds the same turns in packets of any length, format and order of arrival', () => {
    const microphone = voiceScript([
      [500, 1500],
      [2800, 3600],
    ]);
    const edgesOf = (options: StartOptions) => {
      const { world, agent } = start({ microphone, ...options });
      world.runTo(6000);
      return agent.told;
    };
    const reference = edgesOf({});
    expect(reference).toHaveLength(4);
    for (const frameMs of [10, 40, 60] as const) {
      expect(edgesOf({ uplink: { codec: 'pcm16', rateHz: 16_000, frameMs } })).toEqual(reference);
    }
    const burst = (sentMs: number) => 20 + (400 - (sentMs % 400));
    expect(edgesOf({ delayMs: burst })).toEqual(reference);
  });

  it('[C10] ends a turn when a connected caller sends no audio, and says which turn goes on afterwards', () => {
    const { world, engine, agent } = start({ microphone: voiceScript([[500, 20_000]]) });
    world.runTo(2000);
    engine.stopListening();
    world.runTo(3480);
    expect(agent.kinds()).toEqual(['turn-started']);
    world.runTo(3540);
    expect(agent.told.at(-1)).toMatchObject({
      kind: 'turn-ended',
      end: { reason: 'no-audio', turn: 1 },
    });
  });

  it('[C11] keeps a turn open for a client that is gone, for the grace and no longer', () => {
    const { world, engine, agent } = start({ microphone: voiceScript([[500, 20_000]]) });
    world.runTo(2000);
    engine.cut();
    engine.stopListening();
    world.runTo(6990);
    expect(agent.kinds()).toEqual(['turn-started']);
    world.runTo(7010);
    expect(agent.told.at(-1)).toMatchObject({
      kind: 'turn-ended',
      end: { reason: 'client-gone', turn: 1 },
    });
  });

  it('[C11] hears a turn whole when the network was away in its middle', () => {
    const microphone = voiceScript([[500, 4000]]);
    const { world, engine, agent } = start({ microphone });
    world.runTo(1500);
    engine.cut();
    world.runTo(3500);
    engine.connect();
    world.runTo(8000);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
    const gap = agent.positions.findIndex(
      (position, n) => n > 0 && position !== agent.positions[n - 1]! + 1,
    );
    expect(gap).toBe(-1);
    expect(agent.samples[3000 * 16 - agent.positions[0]!]).toBe(microphone[3000 * 16]);
    expect(engine.engine.state(world.nowMs).statistics.gapSamples).toBe(0);
  });

  it('[C12] hears mute as silence: the turn ends by its hangover and no watchdog speaks', () => {
    const { world, engine, agent } = start({ microphone: voiceScript([[500, 20_000]]) });
    world.runTo(2000);
    engine.session.mute(world.nowMs);
    engine.stopListening();
    world.runTo(12_000);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
    expect(agent.told.at(-1)).toMatchObject({ end: { reason: 'silence' } });
    const { muted, statistics } = engine.engine.state(world.nowMs);
    expect(muted).toBe(true);
    expect(statistics.gapSamples).toBe(0);
    expect(statistics.silentSamples).toBeGreaterThan(0);
  });

  it('[C13] ends the open turn of a stream that another one replaces, and goes on after its last sample', () => {
    const { world, engine, agent } = start({ microphone: voiceScript([[500, 20_000]]) });
    world.runTo(2000);
    const raw = rawConnection(engine, 9);
    raw.text({ ...HELLO, stream: 4 });
    expect(agent.told.at(-1)).toMatchObject({ kind: 'turn-ended', end: { reason: 'client-gone' } });
    const before = agent.positions.at(-1)!;
    const packet = new Uint8Array(12 + 640);
    packet[0] = 1;
    const samples = voiceScript([[0, 2000]], 5);
    for (let n = 0; n < 60; n++) {
      packet[4] = n;
      new DataView(packet.buffer).setUint32(8, n * 320, true);
      packet.set(new Uint8Array(samples.buffer, n * 640, 640), 12);
      raw.binary(packet);
    }
    expect(agent.kinds().filter((kind) => kind === 'turn-started')).toHaveLength(2);
    expect(agent.positions[agent.positions.indexOf(before) + 1]!).toBeGreaterThan(before);
    expect(raw.closes).toEqual([]);
  });

  it('[C14] takes manual turns at exact samples, and refuses them where turns are automatic', () => {
    const manual = start({ microphone: voiceScript([[500, 1500]]), turnTaking: 'manual' });
    manual.world.runTo(700);
    manual.engine.session.turn('started', manual.world.nowMs);
    manual.world.runTo(1300);
    manual.engine.session.turn('ended', manual.world.nowMs);
    manual.world.runTo(2000);
    expect(manual.agent.told).toMatchObject([
      { kind: 'turn-started', start: { turn: 1 } },
      { kind: 'turn-ended', end: { turn: 1, reason: 'manual' } },
    ]);
    const end = manual.agent.told[1]! as { end: { startSample: number; endSample: number } };
    expect(end.end.endSample - end.end.startSample).toBe(600 * 16);
    const automatic = start({ microphone: voiceScript([[500, 1500]]) });
    automatic.world.runTo(700);
    automatic.engine.session.turn('started', automatic.world.nowMs);
    automatic.world.runTo(800);
    expect(automatic.engine.sent('error')).toMatchObject([{ code: 'automatic-turns' }]);
  });
});

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

it('[C25] closes the connection of a client that leaves out packets for good', () => {
  const { world, engine } = start();
  world.runTo(200);
  const raw = rawConnection(engine, 9);
  raw.text({ ...HELLO, stream: 4 });
  const packet = new Uint8Array(12 + 640).fill(1, 0, 1);
  const view = new DataView(packet.buffer);
  for (let sequence = 0; sequence < 70; sequence++) {
    if (sequence === 3) continue;
    expect(raw.closes).toEqual(sequence > 3 + 64 ? [4400] : []);
    view.setUint32(4, sequence, true);
    view.setUint32(8, sequence * 320, true);
    raw.binary(packet);
  }
  expect(raw.controls.at(-1)).toContain('no discontinuity was declared');
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
