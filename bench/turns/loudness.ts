// Momentary loudness by ITU-R BS.1770-5: K-weighted power of the last 400 ms.

import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

const BLOCK_SAMPLES = 0.4 * SCORER_RATE_HZ;
const FULL_SCALE = 32_768;

/** A second-order filter, y = b0 x + b1 x′ + b2 x″ − a1 y′ − a2 y″. */
interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/** The two filters of K-weighting at any rate, by the analogue parameters that BS.1770's 48 kHz table comes from. */
const HEAD = highShelf(1681.974450955533, 3.999843853973347, 0.7071752369554196);
const HIGH_PASS = highPass(38.13547087602444, 0.5003270373238773);

/** Loudness in LUFS at the end of each window; −Infinity until a block of 400 ms is full. */
export function loudnessOfWindows(samples: Int16Array): Float64Array {
  const weighted = filtered(filtered(Float64Array.from(samples), HEAD), HIGH_PASS);
  const windows = new Float64Array(Math.floor(samples.length / WINDOW_SAMPLES));
  return windows.map((_, window) => {
    const end = (window + 1) * WINDOW_SAMPLES;
    if (end < BLOCK_SAMPLES) return Number.NEGATIVE_INFINITY;
    let energy = 0;
    for (let index = end - BLOCK_SAMPLES; index < end; index++) energy += weighted[index]! ** 2;
    return -0.691 + 10 * Math.log10(energy / (BLOCK_SAMPLES * FULL_SCALE * FULL_SCALE));
  });
}

function filtered(samples: Float64Array, { a, b }: Biquad): Float64Array {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

function highShelf(frequencyHz: number, gainDb: number, q: number): Biquad {
  const k = Math.tan((Math.PI * frequencyHz) / SCORER_RATE_HZ);
  const high = 10 ** (gainDb / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b: [
      (high + (band * k) / q + k * k) / a0,
      (2 * (k * k - high)) / a0,
      (high - (band * k) / q + k * k) / a0,
    ],
    a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
  };
}

function highPass(frequencyHz: number, q: number): Biquad {
  const k = Math.tan((Math.PI * frequencyHz) / SCORER_RATE_HZ);
  const a0 = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] };
}
