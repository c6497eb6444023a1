// A call's connection in Opus against the service's own end of it; the codecs answer later, as a browser's do.

import { describe, expect, it } from 'vitest';
import type { CallSocketListener } from '../../client/browser/call-connection.ts';
import { opusDial } from '../../client/browser/opus/opus-dial.ts';
import type { SpeechCodecs } from '../../client/browser/opus/speech-codecs.ts';
import {
  FLAG_BUNDLE,
  FLAG_FIRST,
  FLAG_LAST,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
  writeHeader,
} from '../../core/wire/packet.ts';
import { OpusDownlink } from '../../durable-objects/runtime/opus/opus-downlink.ts';
import { OpusLibrary } from '../../durable-objects/runtime/opus/opus-library.ts';
import { OpusUplink } from '../../durable-objects/runtime/opus/opus-uplink.ts';
import { bestLikeness } from '../support/likeness.ts';
import { speechExcerpt } from '../support/speech-excerpts.ts';
import { compileBuilt } from '../vad/kernel-files.ts';

const FORMAT = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 } as const;
const FRAME = 320;
const library = new OpusLibrary(compileBuilt('opus.wasm'));
const speech = speechExcerpt('story', 4, 1);
const FRAMES = speech.length / FRAME;

/** What the codecs have yet to do; a test does it when it likes. */
class Later {
  readonly #work: (() => void)[] = [];

  readonly codecs: SpeechCodecs = {
    encoder: (frameSamples, output) => {
      const encoder = library.encoder();
      return {
        encode: (frame) => {
          const bytes = new Uint8Array(1275);
          const length = encoder.encode(frame, 0, frameSamples, bytes, 0);
          this.#work.push(() => output(bytes.slice(0, length)));
        },
        close: () => {},
      };
    },
    decoder: (output) => {
      const decoder = library.decoder();
      return {
        decode: (packet) => {
          const samples = new Int16Array(FRAME);
          decoder.decode(packet, 0, packet.length, FRAME, samples, 0);
          this.#work.push(() => output(samples));
        },
        flush: () => new Promise((resolve) => this.#work.push(resolve)),
        close: () => {},
      };
    },
  };

  async run(): Promise<void> {
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
      next();
      await Promise.resolve();
    }
    await Promise.resolve();
  }
}

function pcm(from: number, frames: number, header: Partial<PacketHeader>): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 2 * frames * FRAME);
  writeHeader(bytes, Object.assign(new PacketHeader(), header));
  const samples = speech.slice(from * FRAME, (from + frames) * FRAME);
  bytes.set(new Uint8Array(samples.buffer), HEADER_BYTES);
  return bytes;
}

/** A connection that is open. */
function connected() {
  const later = new Later();
  const sent: (string | Uint8Array)[] = [];
  const received: (string | ArrayBuffer)[] = [];
  let service: CallSocketListener | null = null;
  const socket = opusDial(
    (_token, listener) => {
      service = listener;
      return { send: (data) => sent.push(data), close: () => sent.push('closed') };
    },
    20,
    later.codecs,
  )('token', { opened: () => {}, received: (data) => received.push(data), closed: () => {} });
  return { later, sent, received, socket, service: service! as CallSocketListener };
}

const joined = (packets: readonly Uint8Array[]): Int16Array =>
  Int16Array.from(
    packets.flatMap((packet) => Array.from(new Int16Array(packet.slice(HEADER_BYTES).buffer))),
  );

describe('a connection in Opus', () => {
  it('[W24] sends packets and bundles as the service takes them, and words in their place between them', async () => {
    const { later, sent, socket } = connected();
    socket.send('hello');
    socket.send(pcm(0, 1, { sequence: 0 }));
    socket.send('pause');
    socket.send(pcm(1, 9, { sequence: 1, timestamp: FRAME, flags: FLAG_BUNDLE }));
    socket.send(pcm(10, 1, { sequence: 10, timestamp: 10 * FRAME }));
    expect(sent).toEqual(['hello']);
    await later.run();
    expect(sent.map((data) => typeof data)).toEqual([
      'string',
      'object',
      'string',
      'object',
      'object',
    ]);
    const uplink = new OpusUplink(FORMAT, library.decoder(), () => {});
    const packets = sent.filter((data) => typeof data !== 'string');
    const heard = joined(packets.map((packet) => uplink.toEngine(packet).slice()));
    expect(heard).toHaveLength(11 * FRAME);
    const { lag, correlation } = bestLikeness(speech.slice(640, 2880), heard, 640, 300);
    expect(lag - 640).toBeGreaterThan(90);
    expect(correlation).toBeGreaterThan(0.7);
    socket.send(pcm(11, 1, { sequence: 11 }));
    socket.send('bye');
    socket.close();
    await later.run();
    expect(sent.slice(5)).toEqual(['bye', 'closed']);
  });

  it('[W24] hears every packet of a generation with its samples at their position, the last ones, too', async () => {
    const { later, received, service } = connected();
    const downlink = new OpusDownlink(FORMAT, library.encoder(), () => {});
    for (let frame = 0; frame < FRAMES; frame++) {
      const flags = (frame === 0 ? FLAG_FIRST : 0) | (frame === FRAMES - 1 ? FLAG_LAST : 0);
      const header = { generation: 1, sequence: frame, timestamp: frame * FRAME, flags };
      service.received(downlink.toClient(pcm(frame, 1, header)).slice().buffer);
      if (frame === 20) service.received('echo');
    }
    expect(received).toEqual(['echo']);
    await later.run();
    const packets = received.slice(1).map((data) => new Uint8Array(data as ArrayBuffer));
    expect(packets.map((packet) => packet.length)).toEqual(new Array(FRAMES).fill(12 + 2 * FRAME));
    const header = new PacketHeader();
    expect(readHeader(packets[FRAMES - 1]!, header)).toBe('ok');
    expect(header).toMatchObject({ generation: 1, sequence: FRAMES - 1, flags: FLAG_LAST });
    const heard = joined(packets);
    for (const from of [3200, speech.length - 3200]) {
      const { lag, correlation } = bestLikeness(speech.slice(from, from + 3200), heard, from, 300);
      expect(Math.abs(lag - from)).toBeLessThanOrEqual(6);
      expect(correlation).toBeGreaterThan(0.7);
    }
  });

  it('[W24] loses no packet of a generation that is cut, and no order, when another one begins', async () => {
    const { later, received, service } = connected();
    const downlink = new OpusDownlink(FORMAT, library.encoder(), () => {});
    const sequences = Array.from({ length: 30 }, (_, sequence) => sequence);
    for (const sequence of sequences) {
      const generation = sequence < 12 ? 1 : 2;
      const timestamp = (sequence < 12 ? sequence : sequence - 12) * FRAME;
      const flags = sequence === 29 ? FLAG_LAST : 0;
      const packet = pcm(sequence, 1, { generation, sequence, timestamp, flags });
      service.received(downlink.toClient(packet).slice().buffer);
    }
    await later.run();
    const header = new PacketHeader();
    const came = received.map((data) => {
      readHeader(new Uint8Array(data as ArrayBuffer), header);
      return header.sequence;
    });
    expect(came).toEqual(sequences);
  });

  it('[W24] hands on what is damaged as it is', () => {
    const { received, service } = connected();
    service.received(Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9).buffer);
    expect(received).toHaveLength(1);
  });
});
