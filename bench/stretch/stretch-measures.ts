// What is measured of a stretched recording: its pitch against the source's, its seams, its evenness.

import { inputOf, type Stretched } from './even-stretch.ts';
import { fundamentalHz } from './fundamental.ts';

const HOP_MS = 10;

/** A moment of the output counts as voiced at a lower correlation than one of the source: seams must not hide. */
const OUTPUT_CORRELATION = 0.5;

/** Jumps are compared with this quantile of the source's own. */
const JUMP_QUANTILE = 0.9999;

/** How well one recording was stretched. Errors of pitch are shares: 0.005 is half a per cent. */
export interface StretchMeasures {
  readonly lengthRatio: number;
  readonly f0ErrorMedian: number;
  readonly f0ErrorP95: number;
  readonly voicedMoments: number;
  /** Voiced moments of the source, as a share, that have no pitch in the output. */
  readonly pitchLost: number;
  readonly seams: number;
  /** The largest step from sample to sample within a seam, over the source's 99.99th percentile. */
  readonly seamJump: number;
  /** How far the output is ever away from an even stretch. */
  readonly largestDeviationMs: number;
}

export function measureStretch(
  source: Int16Array,
  rateHz: number,
  ratio: number,
  stretched: Stretched,
): StretchMeasures {
  const errors: number[] = [];
  let voiced = 0;
  const hop = Math.round((HOP_MS * rateHz) / 1000);
  for (let centre = 0; centre < stretched.samples.length; centre += hop) {
    const wanted = fundamentalHz(source, rateHz, inputOf(stretched, centre));
    if (wanted === null) continue;
    voiced++;
    const got = fundamentalHz(stretched.samples, rateHz, centre, OUTPUT_CORRELATION);
    if (got !== null) errors.push(Math.abs(got / wanted - 1));
  }
  errors.sort((a, b) => a - b);
  const deviations = stretched.outputs.map((output, k) =>
    Math.abs(stretched.inputs[k]! * ratio - output),
  );
  return {
    lengthRatio: stretched.samples.length / source.length,
    f0ErrorMedian: errors[Math.floor(0.5 * errors.length)] ?? Number.NaN,
    f0ErrorP95: errors[Math.floor(0.95 * errors.length)] ?? Number.NaN,
    voicedMoments: voiced,
    pitchLost: 1 - errors.length / voiced,
    seams: stretched.seams.length,
    seamJump: largestSeamJump(stretched) / jumpQuantile(source),
    largestDeviationMs: (deviations.reduce((a, b) => Math.max(a, b), 0) * 1000) / rateHz,
  };
}

/** The 99.99th percentile of the steps from sample to sample. */
export function jumpQuantile(samples: Int16Array): number {
  const steps = new Int32Array(samples.length - 1);
  for (let index = 1; index < samples.length; index++) {
    steps[index - 1] = Math.abs(samples[index]! - samples[index - 1]!);
  }
  steps.sort();
  return Math.max(1, steps[Math.floor(JUMP_QUANTILE * steps.length)]!);
}

/** The largest step from sample to sample in `samples[from … to]`, both ends included. */
export function largestJump(samples: Int16Array, from: number, to: number): number {
  let largest = 0;
  for (let index = Math.max(1, from); index <= to && index < samples.length; index++) {
    largest = Math.max(largest, Math.abs(samples[index]! - samples[index - 1]!));
  }
  return largest;
}

function largestSeamJump({ samples, seams }: Stretched): number {
  let largest = 0;
  for (const [from, to] of seams) largest = Math.max(largest, largestJump(samples, from, to));
  return largest;
}
