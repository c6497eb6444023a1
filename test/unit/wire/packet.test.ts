// The binary packet, byte by byte.
import { describe, expect, it } from 'vitest';
import { BUNDLE_MAX_FRAMES } from '../../../core/wire/limits.ts';
import {
  countFrames,
  FLAG_BUNDLE,
  FLAG_DISCONTINUITY,
  FLAG_FIRST,
  FLAG_LAST,
  HEADER_BYTES,
  KIND_AUDIO,
  PacketHeader,
  readHeader,
  writeHeader,
} from '../../../core/wire/packet.ts';

const FRAME_BYTES = 640;

describe('packet header', () => {
  it('[W1] lies in 12 bytes, little-endian', () => {
    const header = new PacketHeader();
    header.flags = FLAG_FIRST | FLAG_BUNDLE;
    header.generation = 0x1234;
    header.sequence = 0x8901_abcd;
    header.timestamp = 0xfedc_ba98;
    const bytes = new Uint8Array(14).fill(0x55);
    writeHeader(bytes, header);
    expect([...bytes]).toEqual([
      1, 9, 0x34, 0x12, 0xcd, 0xab, 0x01, 0x89, 0x98, 0xba, 0xdc, 0xfe, 0x55, 0x55,
    ]);
    const read = new PacketHeader();
    expect(readHeader(bytes, read)).toBe('ok');
    expect(read).toEqual(header);
    expect([HEADER_BYTES, KIND_AUDIO]).toEqual([12, 1]);
    expect([FLAG_FIRST, FLAG_LAST, FLAG_DISCONTINUITY, FLAG_BUNDLE]).toEqual([1, 2, 4, 8]);
  });

  it('[W2] is refused when bytes are missing', () => {
    for (let length = 0; length < 12; length++) {
      expect(readHeader(new Uint8Array(length).fill(1), new PacketHeader())).toBe('too-short');
    }
  });

  it('[W3] tells unknown kinds from flags that mean nothing yet', () => {
    const bytes = new Uint8Array(12);
    for (const kind of [0, 2, 255]) {
      bytes.set([kind, 0xff]);
      expect(readHeader(bytes, new PacketHeader())).toBe('unknown-kind');
    }
    for (let flags = 0; flags < 256; flags++) {
      bytes.set([1, flags]);
      expect(readHeader(bytes, new PacketHeader())).toBe(flags < 16 ? 'ok' : 'reserved-flags');
    }
  });
});

describe('packet payload', () => {
  it('[W5] is one frame', () => {
    for (const flags of [0, FLAG_FIRST, FLAG_LAST, FLAG_DISCONTINUITY]) {
      expect(countFrames(flags, FRAME_BYTES, FRAME_BYTES)).toBe(1);
      expect(countFrames(flags, FRAME_BYTES - 1, FRAME_BYTES)).toBe(-1);
      expect(countFrames(flags, 2 * FRAME_BYTES, FRAME_BYTES)).toBe(-1);
    }
  });

  it('[W5] is a run of whole frames in a bundle, up to 32', () => {
    expect(countFrames(FLAG_BUNDLE, FRAME_BYTES, FRAME_BYTES)).toBe(1);
    const most = BUNDLE_MAX_FRAMES * FRAME_BYTES;
    expect(countFrames(FLAG_BUNDLE, most, FRAME_BYTES)).toBe(BUNDLE_MAX_FRAMES);
    expect(countFrames(FLAG_BUNDLE, most + FRAME_BYTES, FRAME_BYTES)).toBe(-1);
    expect(countFrames(FLAG_BUNDLE, FRAME_BYTES + 320, FRAME_BYTES)).toBe(-1);
    expect(countFrames(FLAG_BUNDLE, 0, FRAME_BYTES)).toBe(-1);
  });

  it('[W5] is empty only to end an utterance', () => {
    expect(countFrames(FLAG_LAST, 0, FRAME_BYTES)).toBe(0);
    expect(countFrames(FLAG_FIRST | FLAG_LAST, 0, FRAME_BYTES)).toBe(0);
    expect(countFrames(FLAG_LAST | FLAG_BUNDLE, 0, FRAME_BYTES)).toBe(-1);
    expect(countFrames(0, 0, FRAME_BYTES)).toBe(-1);
  });
});
