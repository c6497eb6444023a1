// A conversation in Opus inside workerd; the caller has a codec of the same library.

import { evictDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import {
  OPUS_FRAME_MAX_BYTES,
  OPUS_LENGTH_BYTES,
  OPUS_LOOKAHEAD_SAMPLES,
  opusEntryBytes,
  writeOpusLength,
} from '../../core/wire/opus-payload.ts';
import { HEADER_BYTES, PacketHeader, writeHeader } from '../../core/wire/packet.ts';
import { isolateOpus } from '../../durable-objects/runtime/opus/isolate-opus.ts';
import { correlationAt } from '../support/likeness.ts';
import { Caller, FRAME_SAMPLES } from './caller.ts';
import { create, objectOf } from './service.ts';

const OPUS = { codec: 'opus', rateHz: 16_000, frameMs: 20 } as const;
const IN_OPUS = { uplink: OPUS, downlink: OPUS };
const TURN_FRAMES = 30;

/** A second of a tone that swells and fades, unlike itself at any other place. */
const sound = Int16Array.from(
  { length: 60 * FRAME_SAMPLES },
  (_, n) => 8000 * Math.sin(n / 1000) * Math.sin(n * (0.1 + n / 200_000)),
);

/** Makes the caller speak and hear Opus. */
function inOpus(caller: Caller): (from: number, to: number) => number {
  const encoder = isolateOpus().encoder();
  const decoder = isolateOpus().decoder();
  caller.samplesOf = (packet) => {
    const samples = new Int16Array(2 * FRAME_SAMPLES);
    let frames = 0;
    for (let at = HEADER_BYTES; at < packet.length; frames++) {
      const length = opusEntryBytes(packet, at);
      at += OPUS_LENGTH_BYTES;
      decoder.decode(packet, at, length, FRAME_SAMPLES, samples, frames * FRAME_SAMPLES);
      at += length;
    }
    return samples.subarray(0, frames * FRAME_SAMPLES);
  };
  return (from, to) => {
    let sent = 0;
    for (let frame = from; frame < to; frame++) {
      const bytes = new Uint8Array(HEADER_BYTES + OPUS_LENGTH_BYTES + OPUS_FRAME_MAX_BYTES);
      const header = Object.assign(new PacketHeader(), { sequence: frame });
      header.timestamp = frame * FRAME_SAMPLES;
      writeHeader(bytes, header);
      const at = HEADER_BYTES + OPUS_LENGTH_BYTES;
      const length = encoder.encode(sound, frame * FRAME_SAMPLES, FRAME_SAMPLES, bytes, at);
      writeOpusLength(bytes, HEADER_BYTES, length);
      caller.sendRaw(bytes.slice(0, at + length));
      sent += at + length;
    }
    return sent;
  };
}

async function answered(caller: Caller): Promise<void> {
  await caller.next('utterance', ({ state }) => state === 'started');
  await expect
    .poll(() => caller.heard.length, { timeout: 5000, interval: 10 })
    .toBeGreaterThanOrEqual(TURN_FRAMES * FRAME_SAMPLES);
  // Down and up each lie behind by the lookahead.
  const heard = Int16Array.from(caller.heard.slice(2 * OPUS_LOOKAHEAD_SAMPLES));
  const part = sound.slice(2000, (TURN_FRAMES - 2) * FRAME_SAMPLES);
  const near = [-3, -2, -1, 0, 1, 2, 3].map((by) => correlationAt(part, heard, 2000 + by));
  expect(Math.max(...near)).toBeGreaterThan(0.5);
}

describe('in Opus', () => {
  it('[W23] the parrot says back what it heard, in less than a sixth of the bytes', async () => {
    const caller = await Caller.connect(await create({ turnTaking: 'manual' }));
    caller.hello(IN_OPUS);
    await caller.next('welcome');
    const speak = inOpus(caller);
    caller.send({ type: 'turn', state: 'started', timestamp: 0 });
    expect(speak(0, 40)).toBeLessThan((40 * 2 * FRAME_SAMPLES) / 6);
    caller.send({ type: 'turn', state: 'ended', timestamp: TURN_FRAMES * FRAME_SAMPLES });
    await answered(caller);
  });

  it('[W23] a turn that an eviction interrupts is told once, and answered', async () => {
    const created = await create({ turnTaking: 'manual' });
    const caller = await Caller.connect(created);
    caller.hello(IN_OPUS);
    await caller.next('welcome');
    const speak = inOpus(caller);
    caller.send({ type: 'turn', state: 'started', timestamp: 0 });
    speak(0, 25);
    await caller.next('turn', ({ state }) => state === 'started');
    await evictDurableObject(objectOf(created.conversation));
    caller.sendRaw('{"type":"anyone-there"}');
    const { processed } = await caller.next('welcome');
    caller.hello(IN_OPUS);
    speak(processed ?? 0, 40);
    caller.send({ type: 'turn', state: 'ended', timestamp: TURN_FRAMES * FRAME_SAMPLES });
    await caller.next('turn', ({ state }) => state === 'ended');
    await answered(caller);
    expect(caller.all('turn').filter(({ state }) => state === 'ended')).toHaveLength(1);
  });

  it('[W20, W23] refuses what is no Opus, and Opus with the timestamps of RTP', async () => {
    const broken = await Caller.connect(await create());
    broken.hello(IN_OPUS);
    await broken.next('welcome');
    broken.sendFrames(0, 1);
    expect(await broken.closed).toMatchObject({ code: 4400 });
    const rtp = await Caller.connect(await create());
    rtp.hello({ ...IN_OPUS, uplink: { ...OPUS, rateHz: 48_000 } });
    expect(await rtp.closed).toMatchObject({ code: 4415 });
  });
});
