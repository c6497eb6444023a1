// Changing the sampling rate of the caller's recording.

import { describe, expect, it } from 'vitest';
import { resample, toPcm16 } from '../../../client/node/resample.ts';

const tone = (hz: number, rateHz: number, samples: number) =>
  Float32Array.from(
    { length: samples },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * hz * index) / rateHz),
  );

/** The ends of a tone that starts at full swing are not those of the endless one. */
const EDGE_SAMPLES = 400;
const inner = (samples: Float32Array) => samples.subarray(EDGE_SAMPLES, -EDGE_SAMPLES);
const peak = (samples: Float32Array) =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

describe('resample', () => {
  // The last is longer than the library takes at once, at a rate that its own cutting cannot handle.
  it.each([
    [8000, 2],
    [22_050, 2],
    [44_100, 30],
    [48_000, 2],
    [11_025, 100],
  ])('[X3] keeps a tone of %i Hz sound in place over %i s', async (rateHz, lengthS) => {
    const resampled = await resample(tone(997, rateHz, rateHz * lengthS), rateHz, 16_000);
    expect(resampled).toHaveLength(16_000 * lengthS);
    const wanted = tone(997, 16_000, resampled.length);
    const error = inner(resampled.map((sample, index) => sample - wanted[index]!));
    expect(peak(error)).toBeLessThan(1e-4);
    expect(peak(resampled.subarray(-EDGE_SAMPLES))).toBeGreaterThan(0.4);
  });

  it('[X3] filters out what the new rate cannot carry', async () => {
    const resampled = await resample(tone(9000, 48_000, 96_000), 48_000, 16_000);
    expect(peak(inner(resampled))).toBeLessThan(0.5e-4);
  });

  it('[X3] leaves a recording at the right rate as it is, and clips at full scale', async () => {
    const samples = Float32Array.of(0, 0.5, -1, 1, 1.5, -7);
    expect(await resample(samples, 16_000, 16_000)).toBe(samples);
    expect([...toPcm16(samples)]).toEqual([0, 16_384, -32_768, 32_767, 32_767, -32_768]);
  });
});
