// Positions and frequency response of the resampler, between every two rates there are.
import { describe, expect, it } from 'vitest';
import { Resampler, type Samples } from '../../../core/media/resampler.ts';

const RATES_HZ = [8000, 16_000, 24_000, 44_100, 48_000];
const PAIRS = RATES_HZ.flatMap((fromHz) =>
  RATES_HZ.filter((toHz) => toHz !== fromHz).map((toHz) => ({ fromHz, toHz })),
);

/** Edges of passband and stopband: 7.2 and 8.8 kHz where the lower rate is 16 kHz. */
function bandOf(fromHz: number, toHz: number): { passHz: number; stopHz: number } {
  const lowerHz = Math.min(fromHz, toHz);
  return lowerHz === 8000
    ? { passHz: 3400, stopHz: 4600 }
    : { passHz: 0.45 * lowerHz, stopHz: 0.55 * lowerHz };
}

/** A third of a second. */
function sine(frequencyHz: number, rateHz: number): Float32Array {
  return Float32Array.from({ length: rateHz / 3 }, (_, n) =>
    Math.sin((2 * Math.PI * frequencyHz * n) / rateHz),
  );
}

function resample<Kind extends Samples>(input: Kind, fromHz: number, toHz: number): Kind {
  const resampler = new Resampler(fromHz, toHz);
  const limit = resampler.outputLimit(input.length);
  const into = input instanceof Int16Array ? new Int16Array(limit) : new Float32Array(limit);
  const written = resampler.convert(input, 0, input.length, into, 0);
  return into.subarray(0, written) as Kind;
}

/** Amplitude of one frequency under a Hann window, away from the ends. */
function amplitudeAt(samples: Samples, frequencyHz: number, rateHz: number): number {
  const first = Math.round(rateHz / 20);
  const length = Math.round(rateHz / 5);
  let real = 0;
  let imaginary = 0;
  for (let n = 0; n < length; n++) {
    const angle = (2 * Math.PI * frequencyHz * (first + n)) / rateHz;
    const weight = 1 - Math.cos((2 * Math.PI * n) / length);
    real += weight * samples[first + n]! * Math.cos(angle);
    imaginary += weight * samples[first + n]! * Math.sin(angle);
  }
  return (2 / length) * Math.hypot(real, imaginary);
}

/** Largest sample away from the ends. */
function peak(samples: Samples): number {
  let most = 0;
  for (let n = 300; n < samples.length - 300; n++) most = Math.max(most, Math.abs(samples[n]!));
  return most;
}

const decibels = (ratio: number) => 20 * Math.log10(ratio);

describe('resampler', () => {
  it('[M15] repeats every sample at twice its position, bit for bit, from 8 to 16 kHz', () => {
    const input = Int16Array.from(sine(1234, 8000), (sample) => 20_000 * sample);
    const output = resample(input, 8000, 16_000);
    expect(output.length).toBe(2 * (input.length - 16));
    expect(output.filter((_, n) => n % 2 === 0)).toEqual(input.subarray(0, -16));
    expect(resample(input.subarray(0, 16), 8000, 16_000).length).toBe(0);
    expect(resample(input.subarray(0, 17), 8000, 16_000).length).toBe(2);
  });

  it('[M15] puts output sample k where input sample k · from / to lies, between all rates', () => {
    for (const { fromHz, toHz } of PAIRS) {
      const output = resample(sine(700, fromHz), fromHz, toHz);
      for (let n = toHz / 20; n < toHz / 20 + 500; n++) {
        expect(output[n]).toBeCloseTo(Math.sin((2 * Math.PI * 700 * n) / toHz), 3);
      }
    }
  });

  it('[M16] waits for at most 2 ms of samples, and as many as it says', () => {
    for (const { fromHz, toHz } of PAIRS) {
      const { delaySamples } = new Resampler(fromHz, toHz);
      expect(delaySamples).toBeLessThanOrEqual(Math.ceil(0.002 * fromHz));
      expect(resample(new Int16Array(delaySamples), fromHz, toHz).length).toBe(0);
      expect(resample(new Int16Array(delaySamples + 1), fromHz, toHz).length).toBeGreaterThan(0);
    }
  });

  it('[M16] has linear phase: an impulse comes out symmetric around its place', () => {
    const input = new Int16Array(16_000);
    input[1000] = 20_000;
    const output = resample(input, 16_000, 8000);
    expect(output.length).toBe((16_000 - 30) / 2);
    expect(output[500]).toBeGreaterThan(9000);
    for (let n = 1; n < 20; n++) expect(output[500 + n]).toBe(output[500 - n]);
  });

  it('[M17] is flat within 0.01 dB through the passband', () => {
    for (const { fromHz, toHz } of PAIRS) {
      const { passHz } = bandOf(fromHz, toHz);
      for (const frequencyHz of [60, 0.25 * passHz, 0.6 * passHz, 0.9 * passHz, passHz]) {
        const gain = amplitudeAt(
          resample(sine(frequencyHz, fromHz), fromHz, toHz),
          frequencyHz,
          toHz,
        );
        expect(Math.abs(decibels(gain))).toBeLessThan(0.01);
      }
    }
  });

  it('[M17] folds nothing louder than −70 dB from the stopband back into the band', () => {
    for (const { fromHz, toHz } of PAIRS.filter((pair) => pair.fromHz > pair.toHz)) {
      const { stopHz } = bandOf(fromHz, toHz);
      if (stopHz > fromHz / 2) continue;
      for (const share of [0, 0.03, 0.1, 0.25, 0.5, 0.8, 0.97]) {
        const frequencyHz = stopHz + share * (fromHz / 2 - stopHz);
        expect(decibels(peak(resample(sine(frequencyHz, fromHz), fromHz, toHz)))).toBeLessThan(-70);
      }
    }
    // The counterpart: in the middle of the transition the filter halves.
    expect(decibels(peak(resample(sine(4050, 16_000), 16_000, 8000)))).toBeGreaterThan(-20);
  });

  it('[M17] leaves no image louder than −70 dB of what is in the band', () => {
    for (const { fromHz, toHz } of PAIRS.filter((pair) => pair.fromHz < pair.toHz)) {
      const { passHz } = bandOf(fromHz, toHz);
      for (const frequencyHz of [0.1 * passHz, 0.5 * passHz, passHz]) {
        const output = resample(sine(frequencyHz, fromHz), fromHz, toHz);
        for (const imageHz of [
          fromHz - frequencyHz,
          fromHz + frequencyHz,
          2 * fromHz - frequencyHz,
        ]) {
          if (imageHz >= toHz / 2) continue;
          expect(decibels(amplitudeAt(output, imageHz, toHz))).toBeLessThan(-70);
        }
      }
    }
  });

  it('[M17] leaves a constant as it is', () => {
    for (const { fromHz, toHz } of PAIRS) {
      const output = resample(new Int16Array(1200).fill(12_345), fromHz, toHz);
      expect(new Set(output.subarray(Math.ceil(0.003 * toHz)))).toEqual(new Set([12_345]));
    }
  });

  it('[M18] limits what would leave the range of a sample', () => {
    const square = Int16Array.from({ length: 200 }, (_, n) => (n % 8 < 4 ? 32_767 : -32_768));
    const output = resample(square, 8000, 16_000);
    let limited = 0;
    for (let n = 1; n + 1 < output.length; n += 2) {
      if (output[n - 1] !== output[n + 1]) continue;
      // Between two samples of one level the square overshoots, and must not wrap to the other sign.
      expect(Math.sign(output[n]!)).toBe(Math.sign(output[n - 1]!));
      if (output[n] === 32_767 || output[n] === -32_768) limited++;
    }
    expect(limited).toBeGreaterThan(50);
  });

  it('[M26] refuses a rate that no device and no wire has', () => {
    for (const rateHz of [0, 7999, 192_001, 44_100.5, Number.NaN]) {
      expect(() => new Resampler(rateHz, 16_000)).toThrow(RangeError);
      expect(() => new Resampler(16_000, rateHz)).toThrow(RangeError);
    }
  });
});
