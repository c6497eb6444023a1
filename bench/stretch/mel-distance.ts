// How far apart two recordings sound: the distance of their mel spectra, frame by frame.

import type { Reference } from './rubber-band.ts';

const BANDS = 40;
const LOWEST_HZ = 60;
const HIGHEST_HZ = 7600;
const FRAME_MS = 25;
const HOP_MS = 10;

/** Frames matched may lie this far apart. */
const WARP_FRAMES = 8;

/** Levels more than this below the loudest band of a recording all count as this. */
const RANGE_DB = 60;

/**
 * How far a stretched recording is from what the reference makes of the same source with its finer engine, and how far
 * the reference's faster engine is from that.
 */
export function melDistances(
  source: Int16Array,
  rateHz: number,
  ratio: number,
  stretched: Int16Array,
  reference: Reference,
): { melToReferenceDb: number; melWithinReferenceDb: number } {
  const finer = melSpectra(reference(source, rateHz, ratio, 'finer'), rateHz);
  const faster = melSpectra(reference(source, rateHz, ratio, 'faster'), rateHz);
  return {
    melToReferenceDb: melDistanceDb(melSpectra(stretched, rateHz), finer),
    melWithinReferenceDb: melDistanceDb(faster, finer),
  };
}

/** Log mel spectra, one of 40 bands for each 10 ms. */
function melSpectra(samples: Int16Array, rateHz: number): Float64Array[] {
  const frame = Math.round((FRAME_MS * rateHz) / 1000);
  const hop = Math.round((HOP_MS * rateHz) / 1000);
  const size = 2 ** Math.ceil(Math.log2(frame));
  const filters = melFilters(size, rateHz);
  const window = Float64Array.from(
    { length: frame },
    (_, n) => Math.sin((Math.PI * (n + 0.5)) / frame) ** 2,
  );
  const spectra: Float64Array[] = [];
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let start = 0; start + frame <= samples.length; start += hop) {
    real.fill(0);
    imaginary.fill(0);
    for (let n = 0; n < frame; n++) real[n] = window[n]! * samples[start + n]!;
    transform(real, imaginary);
    spectra.push(
      Float64Array.from(filters, (filter) => {
        let power = 0;
        for (const [bin, weight] of filter)
          power += weight * (real[bin]! ** 2 + imaginary[bin]! ** 2);
        return 10 * Math.log10(power + 1e-9);
      }),
    );
  }
  let loudest = -Infinity;
  for (const spectrum of spectra) for (const level of spectrum) loudest = Math.max(loudest, level);
  for (const spectrum of spectra) {
    for (let band = 0; band < BANDS; band++) {
      spectrum[band] = Math.max(spectrum[band]!, loudest - RANGE_DB);
    }
  }
  return spectra;
}

/** Mean over frames of the root mean square difference in dB, with frames matched by dynamic time warping. */
function melDistanceDb(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const cost = (i: number, j: number) => {
    let sum = 0;
    for (let band = 0; band < BANDS; band++) sum += (a[i]![band]! - b[j]![band]!) ** 2;
    return Math.sqrt(sum / BANDS);
  };
  let total: (readonly [number, number])[] = [];
  const frames = Math.min(a.length, b.length);
  for (let i = 0; i < frames; i++) {
    const row: (readonly [number, number])[] = [];
    for (let j = Math.max(0, i - WARP_FRAMES); j <= Math.min(frames - 1, i + WARP_FRAMES); j++) {
      let best: readonly [number, number] = i === 0 && j === 0 ? [0, 0] : [Infinity, 1];
      for (const from of [total[j - 1], total[j], row[j - 1]]) {
        if (from !== undefined && from[0] < best[0]) best = from;
      }
      row[j] = [best[0] + cost(i, j), best[1] + 1];
    }
    total = row;
  }
  let end: readonly [number, number] | undefined;
  for (const cell of total) if (cell !== undefined) end = cell;
  return end![0] / end![1];
}

function melFilters(size: number, rateHz: number): (readonly [number, number])[][] {
  const toMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const toHz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);
  const low = toMel(LOWEST_HZ);
  const high = toMel(Math.min(HIGHEST_HZ, 0.475 * rateHz));
  const edge = (k: number) => (toHz(low + ((high - low) * k) / (BANDS + 1)) * size) / rateHz;
  return Array.from({ length: BANDS }, (_, band) => {
    const filter: (readonly [number, number])[] = [];
    const [left, centre, right] = [edge(band), edge(band + 1), edge(band + 2)];
    const nearest = Math.round(centre);
    for (let bin = Math.floor(left); bin <= Math.ceil(right); bin++) {
      const weight = Math.min((bin - left) / (centre - left), (right - bin) / (right - centre));
      if (weight > 0 || bin === nearest) filter.push([bin, Math.max(weight, 0.1)]);
    }
    return filter;
  });
}

/** Fast Fourier transform in place (radix 2). */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const swap = real[i]!;
      real[i] = real[j]!;
      real[j] = swap;
      const other = imaginary[i]!;
      imaginary[i] = imaginary[j]!;
      imaginary[j] = other;
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const cosine = Math.cos((Math.PI * k) / half);
      const sine = -Math.sin((Math.PI * k) / half);
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const re = real[j]! * cosine - imaginary[j]! * sine;
        const im = real[j]! * sine + imaginary[j]! * cosine;
        real[j] = real[i]! - re;
        imaginary[j] = imaginary[i]! - im;
        real[i]! += re;
        imaginary[i]! += im;
      }
    }
  }
}
