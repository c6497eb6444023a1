// The judge of the browser tests itself: it must find what it is there to find.

import { describe, expect, it } from 'vitest';
import { Resampler } from '../../../core/media/resampler.ts';
import { judgeHeard } from '../../browser/support/heard-verdict.ts';
import { readConversationSample } from '../../support/conversation-sample.ts';

const RATE_HZ = 44_100;
const said = readConversationSample().slice(16_000, 48_000);

/** What a device of 44.1 kHz is given of this sound, half a second after the beginning. */
function device(samples: Int16Array): Float32Array {
  const padded = new Int16Array(samples.length + 16_000);
  padded.set(samples, 8000);
  const resampler = new Resampler(16_000, RATE_HZ);
  const heard = new Float32Array(resampler.outputLimit(padded.length));
  resampler.convert(padded, 0, padded.length, heard, 0);
  return heard.map((sample) => sample / 32_768);
}

const spliced = (...parts: Int16Array[]) => Int16Array.from(parts.flatMap((part) => [...part]));

const verdict = (samples: Int16Array) => judgeHeard(said, device(samples), RATE_HZ);

describe('the judge of what was heard', () => {
  it('[Y1] is content with the sound itself', () => {
    const { correlation, worstPiece, largestFault, soundsElsewhere, pieces } = verdict(said);
    expect(pieces).toBeGreaterThan(20);
    expect(correlation).toBeGreaterThan(0.999);
    expect(worstPiece).toBeGreaterThan(0.97);
    expect(largestFault).toBeLessThan(0.15);
    expect(soundsElsewhere).toBe(0);
  });

  it('[Y1] finds a hole of 5 ms, a repetition of 20 ms, a click, and a word said again', () => {
    const loud = said.indexOf(Math.max(...said));
    const holed = said.slice().fill(0, loud - 40, loud + 40);
    expect(verdict(holed).largestFault).toBeGreaterThan(0.15);
    const repeated = spliced(said.subarray(0, loud), said.subarray(loud - 320));
    expect(verdict(repeated).worstPiece).toBeLessThan(0.9);
    const clicked = said.slice();
    clicked[20_000]! += 14_000;
    expect(verdict(clicked).largestFault).toBeGreaterThan(0.15);
    const again = spliced(said, new Int16Array(8000), said.subarray(0, 8000));
    expect(verdict(again).soundsElsewhere).toBeGreaterThan(0);
  });
});
