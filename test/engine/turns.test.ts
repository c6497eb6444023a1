// The turns of a conversation, in virtual time: what the agent is told, once, in which order, and what is stored before.

import { describe, expect, it } from 'vitest';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { HELLO, index, rawConnection, type StartOptions, start } from '../support/engine-call.ts';
import { voiceScript } from '../support/voice-script.ts';

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
