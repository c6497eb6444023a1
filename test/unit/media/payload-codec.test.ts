// Payload bytes to engine samples and back: formats, positions, silence.
import { describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from '../../../core/media/mulaw.ts';
import {
  formatFault,
  frameBytes,
  frameSamples,
  PayloadDecoder,
  PayloadEncoder,
  SETTLE_SAMPLES,
} from '../../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';

const PCM: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };
const MULAW: AudioFormat = { codec: 'mulaw', rateHz: 8000, frameMs: 20 };

describe('audio formats', () => {
  it('[M20] takes PCM16 at 16 kHz and µ-law at 8 kHz and says in a sentence why nothing else', () => {
    const taken: string[] = [];
    for (const codec of ['pcm16', 'mulaw', 'opus'] as const) {
      for (const rateHz of [8000, 16_000, 24_000, 48_000] as const) {
        const format = { ...PCM, codec, rateHz };
        const fault = formatFault(format);
        if (fault === null) {
          taken.push(`${codec} ${rateHz}`);
          continue;
        }
        expect(fault).toMatch(new RegExp(`^${codec} at ${rateHz} Hz is not supported: .*\\.$`));
        expect(() => frameBytes(format)).toThrow(RangeError);
        expect(() => new PayloadDecoder(format)).toThrow(fault);
        expect(() => new PayloadEncoder(format)).toThrow(fault);
      }
    }
    expect(taken).toEqual(['pcm16 16000', 'mulaw 8000']);
  });

  it('[M20] knows the samples and bytes of a frame', () => {
    expect([10, 20, 40, 60].map((ms) => frameBytes({ ...PCM, frameMs: ms as 10 }))).toEqual([
      320, 640, 1280, 1920,
    ]);
    expect([10, 20, 40, 60].map((ms) => frameBytes({ ...MULAW, frameMs: ms as 10 }))).toEqual([
      80, 160, 320, 480,
    ]);
    expect(frameSamples({ codec: 'opus', rateHz: 48_000, frameMs: 20 })).toBe(960);
  });
});

describe('PCM16 payload', () => {
  it('[M21] is little-endian, read and written at any offset', () => {
    const bytes = Uint8Array.of(9, 0x01, 0x00, 0xff, 0x7f, 0x00, 0x80, 0xff, 0xff, 9);
    const samples = new Int16Array(6);
    expect(new PayloadDecoder(PCM).decode(bytes, 1, 8, samples, 1)).toBe(4);
    expect(samples).toEqual(Int16Array.of(0, 1, 32_767, -32_768, -1, 0));
    const back = new Uint8Array(10).fill(9);
    expect(new PayloadEncoder(PCM).encode(samples, 1, 4, back, 1)).toBe(8);
    expect(back).toEqual(bytes);
  });

  it('[M21] leaves half a sample at the end alone', () => {
    const samples = new Int16Array(2).fill(5);
    expect(new PayloadDecoder(PCM).decode(Uint8Array.of(1, 0, 2), 0, 3, samples, 0)).toBe(1);
    expect(samples).toEqual(Int16Array.of(1, 5));
  });
});

describe('µ-law payload', () => {
  it('[M22] gives two engine samples for each byte from the first on, the sound 32 samples later', () => {
    const bytes = Uint8Array.from({ length: 160 }, (_, index) => encodeMulaw(200 * (index % 40)));
    const samples = new Int16Array(320);
    const decoder = new PayloadDecoder(MULAW);
    expect(decoder.ratio).toBe(2);
    expect(decoder.decode(bytes, 0, 160, samples, 0)).toBe(320);
    for (let n = 0; n < 144; n++) expect(samples[2 * n + 32]).toBe(decodeMulaw(bytes[n]!));
  });

  it('[M23] gives one byte for each two engine samples from the first on, the sound 15 bytes later', () => {
    const samples = new Int16Array(640);
    samples[200] = 16_000;
    const bytes = new Uint8Array(320);
    const encoder = new PayloadEncoder(MULAW);
    expect(encoder.ratio).toBe(2);
    expect(encoder.encode(samples, 0, 2, bytes, 0)).toBe(1);
    expect(encoder.encode(samples, 2, 638, bytes, 1)).toBe(319);
    expect(bytes[115]).toBe(encodeMulaw(8000));
    expect(bytes[0]).toBe(MULAW_SILENCE);
    expect(bytes[319]).toBe(MULAW_SILENCE);
  });

  it('[M24] writes of silence only what still rings, and of more silence nothing', () => {
    const decoder = new PayloadDecoder(MULAW);
    const out = new Int16Array(2 * SETTLE_SAMPLES);
    expect(decoder.silence(100, out, 0)).toBe(0);
    decoder.decode(new Uint8Array(160).fill(0x80), 0, 160, new Int16Array(320), 0);
    expect(decoder.silence(10, out, 0)).toBe(20);
    expect(out.subarray(0, 20).every((sample) => sample > 30_000)).toBe(true);
    expect(decoder.silence(2 ** 40, out, 0)).toBe(2 * SETTLE_SAMPLES - 20);
    expect(decoder.silence(2 ** 40, out, 0)).toBe(0);
  });

  it('[M24] writes nothing of silence where nothing rings', () => {
    const decoder = new PayloadDecoder(PCM);
    decoder.decode(new Uint8Array(640).fill(0x55), 0, 640, new Int16Array(320), 0);
    expect(decoder.silence(320, new Int16Array(0), 0)).toBe(0);
  });
});
