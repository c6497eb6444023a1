import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWave, WaveError } from '../../../durable-objects/runtime/wave.ts';

const SAMPLES = [0, 1, -1, 32_767, -32_768];

/** A RIFF file out of chunks. */
function riff(...chunks: Uint8Array[]): ArrayBuffer {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  const head = Buffer.alloc(8);
  head.write('RIFF');
  head.writeUInt32LE(body.length, 4);
  return Uint8Array.from(Buffer.concat([head, body])).buffer;
}

function chunk(name: string, bytes: Uint8Array, claimedBytes = bytes.length): Uint8Array {
  const head = Buffer.alloc(8);
  head.write(name);
  head.writeUInt32LE(claimedBytes, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}

function format(encoding = 1, channels = 1, rateHz = 16_000, bits = 16): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(encoding, 0);
  bytes.writeUInt16LE(channels, 2);
  bytes.writeUInt32LE(rateHz, 4);
  bytes.writeUInt16LE(bits, 14);
  return chunk('fmt ', bytes);
}

const DATA_BYTES = new Uint8Array(Int16Array.from(SAMPLES).buffer);

describe('wave file', () => {
  it('[G15] steps over chunks it does not know, also over one of odd length', () => {
    const list = chunk('LIST', Buffer.from('odd'));
    const file = riff(list, format(), list, chunk('data', DATA_BYTES), list);
    expect([...readWave(file, 16_000)]).toEqual(SAMPLES);
  });

  it('[G15] ends samples that claim more than the file holds with the file', () => {
    const file = riff(format(), chunk('data', DATA_BYTES, 0xffff_ffff));
    expect([...readWave(file, 16_000)]).toEqual(SAMPLES);
  });

  it.each([
    ['an empty file', new ArrayBuffer(0)],
    ['a file that is no wave file', Uint8Array.from(Buffer.from('<!doctype html><title>')).buffer],
    ['a file without format', riff(chunk('data', DATA_BYTES))],
    ['a file without samples', riff(format())],
    [
      'a format that is cut short',
      riff(chunk('fmt ', new Uint8Array(4)), chunk('data', DATA_BYTES)),
    ],
    ['stereo', riff(format(1, 2), chunk('data', DATA_BYTES))],
    ['another rate', riff(format(1, 1, 44_100), chunk('data', DATA_BYTES))],
    ['another depth', riff(format(1, 1, 16_000, 24), chunk('data', DATA_BYTES))],
    ['another encoding', riff(format(3), chunk('data', DATA_BYTES))],
  ])('[G15] refuses %s with a sentence', (_name, file) => {
    expect(() => readWave(file, 16_000)).toThrow(WaveError);
    expect(() => readWave(file, 16_000)).toThrow(/^Cannot read the wave file: /);
  });

  it('[G15] reads the bundled story', () => {
    const file = readFileSync(new URL('../../../assets/story.wav', import.meta.url));
    const samples = readWave(Uint8Array.from(file).buffer, 16_000);
    expect(samples.length / 16_000).toBeGreaterThan(55);
    expect(samples.some((sample) => Math.abs(sample) > 8000)).toBe(true);
  });
});
