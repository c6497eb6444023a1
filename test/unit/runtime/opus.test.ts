// Opus on a connection, against the package that the codec was taken from: its own JavaScript is the other side.

import { Application, createDecoder, createEncoder } from 'libopus-wasm';
import { describe, expect, it } from 'vitest';
import { OPUS_LOOKAHEAD_SAMPLES, writeOpusLength } from '../../../core/wire/opus-payload.ts';
import {
  FLAG_BUNDLE,
  FLAG_FIRST,
  FLAG_LAST,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
  writeHeader,
} from '../../../core/wire/packet.ts';
import {
  OPUS_ENCODE_UNITS,
  OpusDownlink,
} from '../../../durable-objects/runtime/opus/opus-downlink.ts';
import { OpusLibrary } from '../../../durable-objects/runtime/opus/opus-library.ts';
import {
  OPUS_DECODE_UNITS,
  OpusUplink,
} from '../../../durable-objects/runtime/opus/opus-uplink.ts';
import { bestLikeness } from '../../support/likeness.ts';
import { speechExcerpt } from '../../support/speech-excerpts.ts';
import { compileBuilt } from '../../vad/kernel-files.ts';

const FORMAT = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 } as const;
const FRAME = 320;
const RATE = { sampleRate: 16_000, channels: 1 } as const;

/** The encoder takes out what is below speech, which moves the rest by a quarter of a millisecond. */
const HIGH_PASS_SAMPLES = 6;

const library = new OpusLibrary(compileBuilt('opus.wasm'));
const speech = speechExcerpt('story', 2, 2);

/** A packet with these entries as its payload. */
function packetOf(entries: readonly Uint8Array[], header: Partial<PacketHeader>): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + entries.reduce((sum, e) => sum + e.length + 2, 0));
  writeHeader(bytes, Object.assign(new PacketHeader(), header));
  let at = HEADER_BYTES;
  for (const entry of entries) {
    writeOpusLength(bytes, at, entry.length);
    bytes.set(entry, at + 2);
    at += entry.length + 2;
  }
  return bytes;
}

/** The entries of a packet's payload. */
function entriesOf(packet: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at < packet.length; ) {
    const length = packet[at]! | (packet[at + 1]! << 8);
    entries.push(packet.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

const samplesOf = (packet: Uint8Array): Int16Array =>
  new Int16Array(packet.slice(HEADER_BYTES).buffer);

const frameOf = (samples: Int16Array, frame: number): Int16Array =>
  samples.slice(frame * FRAME, (frame + 1) * FRAME);

function joined(parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => Array.from(part)));
}

describe('the uplink', () => {
  async function encoded(samples: Int16Array): Promise<Uint8Array[]> {
    using encoder = await createEncoder({
      ...RATE,
      application: Application.Voip,
      bitrate: 24_000,
    });
    return Array.from({ length: samples.length / FRAME }, (_, frame) =>
      encoder.encode(frameOf(samples, frame)),
    );
  }

  it('[W19] is decoded frame by frame or in bundles, to the same samples, 6.5 ms behind their position', async () => {
    const entries = await encoded(speech);
    let units = 0;
    const single = new OpusUplink(FORMAT, library.decoder(), (spent) => {
      units += spent;
    });
    const bundled = new OpusUplink(FORMAT, library.decoder(), () => {});
    const heard = joined(
      entries.map((entry, sequence) => samplesOf(single.toEngine(packetOf([entry], { sequence })))),
    );
    expect(heard).toHaveLength(speech.length);
    expect(units).toBe(entries.length * OPUS_DECODE_UNITS);
    const { lag, correlation } = bestLikeness(speech.slice(8000, 24_000), heard, 8000, 400);
    expect(Math.abs(lag - 8000 - OPUS_LOOKAHEAD_SAMPLES)).toBeLessThanOrEqual(HIGH_PASS_SAMPLES);
    expect(correlation).toBeGreaterThan(0.8);
    const flags = FLAG_BUNDLE;
    const bundles = [0, 1, 2].map((bundle) => {
      const sequence = bundle * 32;
      const packet = packetOf(entries.slice(sequence, sequence + 32), { flags, sequence });
      return samplesOf(bundled.toEngine(packet));
    });
    expect(joined(bundles)).toEqual(heard.slice(0, 96 * FRAME));
  });

  it('[W19] begins anew where packets do not follow on each other', async () => {
    const entries = await encoded(speech);
    const uplink = new OpusUplink(FORMAT, library.decoder(), () => {});
    const hear = (entry: number, sequence: number) =>
      samplesOf(uplink.toEngine(packetOf([entries[entry]!], { sequence })));
    const first = [0, 1, 2].map((entry) => hear(entry, entry));
    expect([0, 1, 2].map((entry) => hear(entry, 40 + entry))).toEqual(first);
    expect(hear(3, 43)).not.toEqual(hear(3, 99));
  });

  it('[W20] has no payload where it is damaged, of another duration, or more than its flags allow', async () => {
    const [entry] = await encoded(speech.slice(0, FRAME));
    using peer = await createEncoder({ ...RATE, frameSize: 2 * FRAME });
    const long = peer.encode(new Int16Array(2 * FRAME));
    const uplink = new OpusUplink(FORMAT, library.decoder(), () => {});
    const heard = (bytes: Uint8Array) => uplink.toEngine(bytes).length;
    expect(heard(packetOf([entry!], {}))).toBe(HEADER_BYTES + 2 * FRAME);
    for (const wrong of [
      packetOf([entry!], {}).slice(0, -1),
      packetOf([long], {}),
      packetOf([entry!, entry!], {}),
      packetOf(new Array(33).fill(entry), { flags: FLAG_BUNDLE }),
      packetOf([Uint8Array.of(0xff, 0xff, 0xff)], {}),
      packetOf([new Uint8Array(0)], {}),
    ]) {
      expect(heard(wrong)).toBe(HEADER_BYTES);
    }
    expect(uplink.toEngine(Uint8Array.of(9, 9))).toEqual(Uint8Array.of(9, 9));
  });
});

describe('the downlink', () => {
  const frames = speech.length / FRAME;
  const pcm = (frame: number, header: Partial<PacketHeader>): Uint8Array => {
    const bytes = new Uint8Array(HEADER_BYTES + 2 * FRAME);
    writeHeader(
      bytes,
      Object.assign(new PacketHeader(), { sequence: frame, timestamp: frame * FRAME, ...header }),
    );
    bytes.set(new Uint8Array(frameOf(speech, frame).buffer), HEADER_BYTES);
    return bytes;
  };
  const flagsOf = (frame: number) =>
    (frame === 0 ? FLAG_FIRST : 0) | (frame === frames - 1 ? FLAG_LAST : 0);

  /** What a peer hears of packets: all that its decoder gives, but for the pre-skip. */
  async function heard(packets: readonly Uint8Array[]): Promise<Int16Array> {
    using decoder = await createDecoder(RATE);
    const parts = packets.flatMap(entriesOf).map((entry) => decoder.decode(entry));
    return joined(parts).slice(OPUS_LOOKAHEAD_SAMPLES);
  }

  it('[W21] has every sample of a generation at its position once the pre-skip is dropped, the last ones, too', async () => {
    let units = 0;
    const downlink = new OpusDownlink(FORMAT, library.encoder(), (spent) => {
      units += spent;
    });
    const packets = Array.from({ length: frames }, (_, frame) =>
      downlink.toClient(pcm(frame, { generation: 1, flags: flagsOf(frame) })).slice(),
    );
    const header = new PacketHeader();
    expect(readHeader(packets[3]!, header)).toBe('ok');
    expect(header).toMatchObject({ generation: 1, sequence: 3, timestamp: 3 * FRAME });
    expect(packets.map((packet) => entriesOf(packet).length)).toEqual([
      ...new Array(frames - 1).fill(1),
      2,
    ]);
    expect(units).toBe((frames + 1) * OPUS_ENCODE_UNITS);
    const sound = await heard(packets);
    expect(sound.length).toBeGreaterThanOrEqual(speech.length);
    const end = speech.length - 4000;
    for (const part of [speech.slice(8000, end), speech.slice(end)]) {
      const at = part.length === 4000 ? end : 8000;
      const { lag, correlation } = bestLikeness(part, sound, at, 300);
      expect(Math.abs(lag - at)).toBeLessThanOrEqual(HIGH_PASS_SAMPLES);
      expect(correlation).toBeGreaterThan(0.8);
    }
    const bytes = packets.reduce((sum, packet) => sum + packet.length, 0);
    expect(bytes).toBeLessThan((speech.length * 2) / 6);
  });

  it('[W21] begins a new stream with each generation and after a jump, and ends one without a frame, too', async () => {
    const encode = (generation: number, frame: number, downlink: OpusDownlink) =>
      downlink.toClient(pcm(frame, { generation })).slice(HEADER_BYTES);
    const fresh = () => new OpusDownlink(FORMAT, library.encoder(), () => {});
    const used = fresh();
    for (let frame = 0; frame < 10; frame++) encode(1, frame, used);
    expect(encode(2, 20, used)).toEqual(encode(2, 20, fresh()));
    expect(encode(2, 21, used)).not.toEqual(encode(2, 21, fresh()));
    expect(encode(2, 30, used)).toEqual(encode(2, 30, fresh()));
    const end = pcm(31, { generation: 2, flags: FLAG_LAST }).slice(0, HEADER_BYTES);
    expect(entriesOf(used.toClient(end))).toHaveLength(1);
  });

  it('[W22] shares one instance with others without a trace of them', () => {
    const alone = new OpusDownlink(FORMAT, library.encoder(), () => {});
    const among = new OpusDownlink(FORMAT, library.encoder(), () => {});
    const other = new OpusDownlink(FORMAT, library.encoder(), () => {});
    const encode = (downlink: OpusDownlink, frame: number) =>
      downlink.toClient(pcm(frame, { generation: 1 })).slice();
    const expected = Array.from({ length: 20 }, (_, frame) => encode(alone, frame));
    for (let frame = 0; frame < 20; frame++) {
      encode(other, 50 + frame);
      expect(encode(among, frame)).toEqual(expected[frame]);
    }
    expect(library.encoder().lookaheadSamples).toBe(OPUS_LOOKAHEAD_SAMPLES);
  });
});
