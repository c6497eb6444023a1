// Durations, samples and bytes.
import { describe, expect, it } from 'vitest';
import { BYTES_PER_SAMPLE, msToSamples, samplesToMs } from '../../../core/media/units.ts';

describe('units', () => {
  it('[M5] converts every frame of every rate without rounding, there and back', () => {
    for (const rateHz of [8000, 16_000, 24_000, 48_000]) {
      for (const frameMs of [10, 20, 40, 60]) {
        const samples = msToSamples(frameMs, rateHz);
        expect(samples * 1000).toBe(frameMs * rateHz);
        expect(samplesToMs(samples, rateHz)).toBe(frameMs);
      }
    }
  });

  it('[M5] takes the nearest whole sample', () => {
    expect(msToSamples(0.03, 16_000)).toBe(0);
    expect(msToSamples(0.04, 16_000)).toBe(1);
    expect(msToSamples(32.01, 16_000)).toBe(512);
    expect(samplesToMs(1, 16_000)).toBe(0.0625);
  });

  it('[M5] knows two bytes of PCM and one of µ-law', () => {
    expect(BYTES_PER_SAMPLE).toEqual({ pcm16: 2, mulaw: 1 });
  });
});
