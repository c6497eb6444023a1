// Positions and frequency response of the half-band converters.
import { describe, expect, it } from 'vitest';
import { HalfBandDecimator, HalfBandUpsampler } from '../../../core/media/half-band.ts';

const SECOND_SAMPLES = 16_000;

function sine(frequencyHz: number, rateHz: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: rateHz }, (_, n) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * n) / rateHz)),
  );
}

function upsample(input: Int16Array): Int16Array {
  const into = new Int16Array(2 * input.length);
  return into.subarray(0, new HalfBandUpsampler().convert(input, 0, input.length, into, 0));
}

function decimate(input: Int16Array): Int16Array {
  const into = new Int16Array(input.length);
  return into.subarray(0, new HalfBandDecimator().convert(input, 0, input.length, into, 0));
}

/** Amplitude of one frequency, by correlation over a whole number of 20 ms periods away from the ends. */
function amplitudeAt(samples: Int16Array, frequencyHz: number, rateHz: number): number {
  const first = rateHz / 10;
  const length = rateHz / 2;
  let real = 0;
  let imaginary = 0;
  for (let n = first; n < first + length; n++) {
    const angle = (2 * Math.PI * frequencyHz * n) / rateHz;
    real += samples[n]! * Math.cos(angle);
    imaginary += samples[n]! * Math.sin(angle);
  }
  return (2 / length) * Math.hypot(real, imaginary);
}

/** Largest sample away from the ends. */
function peak(samples: Int16Array): number {
  return samples.subarray(100, -100).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

const decibels = (ratio: number) => 20 * Math.log10(ratio);

describe('half-band upsampler', () => {
  it('[M15] repeats every input sample at twice its position, bit for bit, 2 ms later', () => {
    const input = sine(1234, 8000, 20_000);
    const output = upsample(input);
    expect(output.length).toBe(2 * (input.length - 16));
    expect(Array.from({ length: output.length / 2 }, (_, n) => output[2 * n])).toEqual([
      ...input.subarray(0, -16),
    ]);
    for (const length of [0, 1, 16]) expect(upsample(input.subarray(0, length)).length).toBe(0);
    expect(upsample(input.subarray(0, 17)).length).toBe(2);
  });

  it('[M17] is flat within 0.01 dB up to 3.4 kHz and leaves no image above −70 dB from 4.6 kHz', () => {
    for (const frequencyHz of [50, 300, 1000, 2000, 3000, 3400]) {
      const output = upsample(sine(frequencyHz, 8000, 30_000));
      expect(Math.abs(decibels(amplitudeAt(output, frequencyHz, 16_000) / 30_000))).toBeLessThan(
        0.01,
      );
      const image = amplitudeAt(output, 8000 - frequencyHz, 16_000) / 30_000;
      expect(decibels(image)).toBeLessThan(-70);
    }
  });

  it('[M18] limits what would leave the range of a sample', () => {
    const square = Int16Array.from({ length: 200 }, (_, n) => (n % 8 < 4 ? 32_767 : -32_768));
    const output = upsample(square);
    let limited = 0;
    for (let n = 1; n + 1 < output.length; n += 2) {
      if (output[n - 1] !== output[n + 1]) continue;
      // Between two samples of one level the square overshoots, and must not wrap to the other sign.
      expect(Math.sign(output[n]!)).toBe(Math.sign(output[n - 1]!));
      if (output[n] === 32_767 || output[n] === -32_768) limited++;
    }
    expect(limited).toBeGreaterThan(50);
  });
});

describe('half-band decimator', () => {
  it('[M16] puts input position 2n at output position n, 31 samples later', () => {
    const input = new Int16Array(SECOND_SAMPLES);
    input[1000] = 20_000;
    const output = decimate(input);
    expect(output.length).toBe((SECOND_SAMPLES - 30) / 2);
    expect(output[500]).toBe(10_000);
    // A filter with linear phase is symmetric around the impulse.
    for (let n = 1; n < 20; n++) expect(output[500 + n]).toBe(output[500 - n]);
    for (const length of [0, 1, 31]) expect(decimate(input.subarray(0, length)).length).toBe(0);
    for (const length of [32, 33]) expect(decimate(input.subarray(0, length)).length).toBe(1);
    expect(decimate(input.subarray(0, 34)).length).toBe(2);
  });

  it('[M17] is flat within 0.01 dB up to 3.4 kHz', () => {
    for (const frequencyHz of [50, 300, 1000, 2000, 3000, 3400]) {
      const output = decimate(sine(frequencyHz, 16_000, 30_000));
      expect(Math.abs(decibels(amplitudeAt(output, frequencyHz, 8000) / 30_000))).toBeLessThan(
        0.01,
      );
    }
  });

  it('[M17] folds nothing louder than −70 dB from 4.6 kHz on back into the band', () => {
    for (const frequencyHz of [4600, 4700, 5000, 5500, 6000, 7000, 7900]) {
      const output = decimate(sine(frequencyHz, 16_000, 30_000));
      const alias = amplitudeAt(output, 8000 - frequencyHz, 8000) / 30_000;
      expect(decibels(alias)).toBeLessThan(-70);
    }
    // The counterpart: in the middle of the transition the filter halves, as every half-band filter does.
    expect(decibels(peak(decimate(sine(4100, 16_000, 30_000))) / 30_000)).toBeGreaterThan(-20);
  });

  it('[M17] leaves a constant as it is', () => {
    const output = decimate(new Int16Array(400).fill(12_345));
    expect(new Set(output.subarray(16))).toEqual(new Set([12_345]));
    expect(new Set(upsample(new Int16Array(400).fill(-321)).subarray(64))).toEqual(new Set([-321]));
  });
});
