// Reading and writing WAV files.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeWavFile, readWavFile } from '../../../client/node/wav-file.ts';
import { type WavKind, wavBytes } from '../../support/wav-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'isochron-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const FRAMES = 5000;
const wave = (frame: number, channel: number) =>
  Math.sin(frame / 10) * (channel === 0 ? 0.5 : 0.25);
const kinds: WavKind[] = [
  { formatTag: 1, bits: 8, channels: 1, rateHz: 8000 },
  { formatTag: 1, bits: 16, channels: 2, rateHz: 44_100 },
  { formatTag: 1, bits: 24, channels: 1, rateHz: 48_000 },
  { formatTag: 1, bits: 24, channels: 2, rateHz: 48_000, extensible: true, oddChunk: true },
  { formatTag: 1, bits: 32, channels: 2, rateHz: 11_025, extensible: true },
  { formatTag: 3, bits: 32, channels: 1, rateHz: 16_000, oddChunk: true },
  { formatTag: 3, bits: 64, channels: 2, rateHz: 22_050 },
];

describe('readWavFile', () => {
  it.each(kinds)('[X1] reads %o', async (kind) => {
    const { rateHz, samples } = await readWavFile(file('any.wav', wavBytes(kind, FRAMES, wave)));
    expect(rateHz).toBe(kind.rateHz);
    expect(samples).toHaveLength(FRAMES);
    const mean = kind.channels === 1 ? 1 : 0.75;
    const error = samples.map((sample, frame) => Math.abs(sample - mean * wave(frame, 0)));
    expect(Math.max(...error)).toBeLessThan(2 ** (2 - Math.min(kind.bits, 24)));
  });

  it('[X1] reads a file that ends early as far as it goes, and takes what is no number as silence', async () => {
    const kind: WavKind = { formatTag: 3, bits: 32, channels: 1, rateHz: 16_000 };
    const bytes = wavBytes(kind, FRAMES, (frame) => (frame === 7 ? Number.NaN : 0.5));
    const cut = await readWavFile(file('cut.wav', bytes.subarray(0, bytes.length - 4002)));
    expect(cut.samples).toHaveLength(FRAMES - 1001);
    expect(cut.samples[6]).toBe(0.5);
    expect(cut.samples[7]).toBe(0);
  });

  it('[X2] says in a sentence why a file cannot be read', async () => {
    const good = wavBytes({ formatTag: 1, bits: 16, channels: 1, rateHz: 16_000 }, 10, wave);
    const slow = wavBytes({ formatTag: 1, bits: 16, channels: 1, rateHz: 4000 }, 10, wave);
    const faults: [string, RegExp][] = [
      [join(folder, 'none.wav'), /there is no such file/],
      [folder, /it is a folder/],
      [file('empty.wav', new Uint8Array(0)), /the file is empty/],
      [file('text.wav', Buffer.from('This is no sound at all.')), /it is not a WAV file/],
      [file('head.wav', good.subarray(0, 30)), /the WAV file is broken/],
      [file('silent.wav', good.subarray(0, 44)), /it holds no sound/],
      [file('slow.wav', slow), /a rate from 8000 to 192000 Hz .* has 4000 Hz/],
    ];
    for (const [path, sentence] of faults) {
      await expect(readWavFile(path)).rejects.toThrow(sentence);
      await expect(readWavFile(path)).rejects.toMatchObject({ name: 'CommandError', exitCode: 1 });
    }
  });
});

describe('encodeWavFile', () => {
  it('[X4] writes 16-bit mono samples that are read back bit for bit', async () => {
    const samples = Int16Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 65_536);
    const bytes = await encodeWavFile(samples, 16_000);
    expect(bytes).toHaveLength(44 + 2 * samples.length);
    const read = await readWavFile(file('own.wav', bytes));
    expect(read.rateHz).toBe(16_000);
    expect(Int16Array.from(read.samples, (sample) => sample * 32_768)).toEqual(samples);
  });
});
