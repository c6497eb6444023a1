// How a conversation begins, in virtual time: who is let in, who is shut out, and what counts from whom.

import { describe, expect, it } from 'vitest';
import { HELLO, rawConnection, start } from '../support/engine-call.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

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

  it('[B42] welcomes a client that comes back before it releases it, and says what it has to drop', () => {
    const { world, engine } = start({
      agent: new ScriptedAgent({ greeting: voiceScript([[0, 5000]]) }),
      config: { resumeGraceMs: 1000 },
    });
    world.runTo(1500);
    const { generation, playedSamples, receivedSamples, nextSequence } = engine.player.status;
    const position = { generation, playedSamples, receivedSamples, nextSequence };
    const hello = { ...HELLO, resume: { ...position, uplinkTimestamp: null } };
    const back = rawConnection(engine, 9);
    back.text(hello);
    const types = back.controls.map((text) => JSON.parse(text).type);
    expect(types.slice(0, 2)).toEqual(['welcome', 'release']);
    expect(JSON.parse(back.controls[0]!).lowestLiveGeneration).toBe(generation);
    engine.event((conversation, nowMs) => conversation.disconnect(9, nowMs));
    world.runTo(4000);
    const late = rawConnection(engine, 10);
    late.text(hello);
    expect(JSON.parse(late.controls[0]!)).toMatchObject({
      type: 'welcome',
      lowestLiveGeneration: generation + 1,
    });
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

  it('[C2] refuses another version of the protocol and formats that are not supported', () => {
    const { world, engine } = start();
    world.runTo(100);
    const newer = rawConnection(engine, 9);
    newer.text({ ...HELLO, version: 2 });
    expect(newer.closes).toEqual([4400]);
    const opus = rawConnection(engine, 10);
    opus.text({ ...HELLO, uplink: { codec: 'opus', rateHz: 48_000, frameMs: 20 } });
    expect(opus.closes).toEqual([4415]);
    expect(opus.controls.at(-1)).toContain('opus at 48000 Hz is not supported');
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
