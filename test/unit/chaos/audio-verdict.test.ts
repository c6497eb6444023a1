// The verifier of the fault harness on recordings that are wrong on purpose.

import { describe, expect, it } from 'vitest';
import { type AudioExpectation, judgeAudio } from '../../../chaos/audio-verdict.ts';
import { Random } from '../../../chaos/random.ts';

const random = new Random(20_261_122);
const samples = Int16Array.from({ length: 48_000 }, () => random.between(-2000, 2000));
const whole: AudioExpectation = {
  samples,
  ends: [20_000, 48_000],
  paddingSamples: 319,
  isWhole: true,
};

function tape(...pieces: readonly Int16Array[]): Int16Array {
  const heard = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const piece of pieces) {
    heard.set(piece, length);
    length += piece.length;
  }
  return heard;
}
const part = (from: number, to: number) => samples.subarray(from, to);
const CLEAN = { lost: 0, duplicated: 0, reordered: 0, foreign: 0 };

describe('the verdict on audio', () => {
  it('[E1] finds nothing wrong with what is whole, and with the last frame of an utterance filled with zeros', () => {
    expect(judgeAudio(whole, tape(samples))).toMatchObject(CLEAN);
    const padded = tape(
      part(0, 20_000),
      new Int16Array(240),
      part(20_000, 48_000),
      new Int16Array(7),
    );
    expect(judgeAudio(whole, padded)).toMatchObject(CLEAN);
  });

  it('[E1] takes zeros that begin what comes next for what they are, beside a filled frame', () => {
    const quiet = tape(part(0, 20_000), new Int16Array(500), part(20_500, 48_000));
    const expectation = { ...whole, samples: quiet };
    const heard = tape(part(0, 20_000), new Int16Array(700), part(20_500, 48_000));
    expect(judgeAudio(expectation, heard)).toMatchObject(CLEAN);
  });

  it('[E2] counts every sample that is lost, wherever a frame is missing', () => {
    for (let trial = 0; trial < 20; trial++) {
      const from = random.between(0, 47_000);
      const heard = tape(part(0, from), part(from + 320, 48_000));
      expect(judgeAudio(whole, heard)).toMatchObject({ ...CLEAN, lost: 320 });
    }
  });

  it('[E2] counts what is missing at the end as lost, unless the caller may have left', () => {
    const heard = tape(part(0, 30_000));
    expect(judgeAudio(whole, heard)).toMatchObject({ ...CLEAN, lost: 18_000 });
    expect(judgeAudio({ ...whole, isWhole: false }, heard)).toMatchObject(CLEAN);
  });

  it('[E3] counts every sample that is heard again, once or more', () => {
    for (let trial = 0; trial < 20; trial++) {
      const at = random.between(5000, 40_000);
      const again = part(at - 640, at);
      expect(judgeAudio(whole, tape(part(0, at), again, part(at, 48_000)))).toMatchObject({
        ...CLEAN,
        duplicated: 640,
      });
      expect(judgeAudio(whole, tape(part(0, at), again, again, part(at, 48_000)))).toMatchObject({
        ...CLEAN,
        duplicated: 1280,
      });
    }
  });

  it('[E4] counts every sample that comes after one that follows it', () => {
    const heard = tape(
      part(0, 10_000),
      part(12_000, 13_000),
      part(10_000, 12_000),
      part(13_000, 48_000),
    );
    expect(judgeAudio(whole, heard)).toMatchObject({ ...CLEAN, reordered: 2000 });
  });

  it('[E5] counts every sample that nobody said, and the one in whose place it stands as lost', () => {
    const heard = tape(samples);
    heard.fill(4000, 15_000, 15_320);
    expect(judgeAudio(whole, heard)).toMatchObject({ ...CLEAN, lost: 320, foreign: 320 });
    const silenced = tape(samples);
    silenced.fill(0, 15_000, 15_320);
    expect(judgeAudio(whole, silenced)).toMatchObject({ lost: 320, foreign: 320 });
  });
});
