// Compares what a browser gave out with what was to be heard: every piece at its place, nothing missing, twice or broken.

import { Resampler } from '../../../core/media/resampler.ts';
import { bestLikeness, correlationAt } from '../../support/likeness.ts';

const RATE_HZ = 16_000;

/** Pieces that are looked at one by one. */
const PIECE_SAMPLES = RATE_HZ / 20;

/** A piece quieter than this says nothing about its place: −50 dB of full scale. */
const QUIET_POWER = (32_768 * 10 ** (-50 / 20)) ** 2;

/** Speech, and not the room that a turn has around it: −32 dB of full scale. */
const LOUD_POWER = (32_768 * 10 ** (-32 / 20)) ** 2;

/** Anything beyond this is sound. */
const AUDIBLE = 100;

/** What was said begins at most so long before (with silence) or after (behind a turn's pre-roll) the first sound. */
const SEARCHED_MS = 500;

/** So much of the sentence is looked for. */
const SEARCH_SAMPLES = 4800;

/** A voice is still like itself so far away. */
const COARSE_SAMPLES = 4;

/** So many frames skipped lie within 0.05 samples of any place between two of 16 kHz, at 44.1 kHz. */
const ALIGNMENTS = 11;

/** Pieces that are looked for one after the other, and how far each may have moved against the one before. */
const FOUND_SAMPLES = RATE_HZ / 4;
const SHIFT_SAMPLES = 0.04 * RATE_HZ;

/** Around what was said there may be the rest of its words: who judges gives the middle of a sentence. */
const MARGIN_SAMPLES = 0.3 * RATE_HZ;

export interface HeardVerdict {
  /** Where in what was heard the expected sound begins, in 16 kHz samples. */
  readonly lag: number;
  /** Likeness of the whole. */
  readonly correlation: number;
  /** Pieces of 50 ms that were loud enough to judge, and the one that was least like what was said. */
  readonly pieces: number;
  readonly worstPiece: number;
  /** Pieces that were loud where nothing of it should have been: said twice, or early, or late. */
  readonly soundsElsewhere: number;
  /** Largest difference to what was said, as a share of its largest sample: a click stands out. */
  readonly largestFault: number;
}

/** Finds `said` in what a device of this rate was given, wherever it is, and judges it. */
export function judgeHeard(said: Int16Array, device: Float32Array, rateHz: number): HeardVerdict {
  let heard = at16kHz(device, rateHz, 0);
  const placed = placeOf(said, heard);
  let lag = placed;
  let correlation = correlationAt(said, heard, lag);
  // The device's samples lie between those of 16 kHz: whichever alignment fits best.
  const alignments = rateHz % RATE_HZ === 0 ? rateHz / RATE_HZ : ALIGNMENTS;
  for (let skipped = 1; skipped < alignments; skipped++) {
    const other = at16kHz(device, rateHz, skipped);
    const near = placed - Math.round((skipped * RATE_HZ) / rateHz);
    const best = bestLikeness(said, other, near, 1);
    if (best.correlation <= correlation) continue;
    heard = other;
    ({ lag, correlation } = best);
  }
  return { lag, correlation, ...judgePlace(said, heard, lag) };
}

/** A codec that keeps the wave is this like itself at least. */
const FOUND_CORRELATION = 0.9;

/**
 * The share of `said`, in pieces of 250 ms, that is found again in order: a browser's microphone may lose or stretch a few ms
 * between two of them, which is none of the client's doing.
 */
export function shareSaidBack(
  said: Int16Array,
  device: Float32Array,
  rateHz: number,
  least = FOUND_CORRELATION,
): number {
  const heard = at16kHz(device, rateHz, 0);
  let lag = placeOf(said, heard);
  let pieces = 0;
  let found = 0;
  for (let at = 0; at + FOUND_SAMPLES <= said.length; at += FOUND_SAMPLES) {
    const piece = said.subarray(at, at + FOUND_SAMPLES);
    const best = bestLikeness(piece, heard, lag + at, SHIFT_SAMPLES);
    pieces++;
    if (best.correlation < least) continue;
    found++;
    lag = best.lag - at;
  }
  return found / pieces;
}

function judgePlace(
  said: Int16Array,
  heard: Int16Array,
  lag: number,
): Omit<HeardVerdict, 'lag' | 'correlation'> {
  const place = heard.subarray(lag, lag + said.length);
  const gain = gainOf(said, place);
  const likeness: number[] = [];
  for (let at = 0; at + PIECE_SAMPLES <= said.length; at += PIECE_SAMPLES) {
    const piece = said.subarray(at, at + PIECE_SAMPLES);
    if (powerOf(piece) > QUIET_POWER) likeness.push(correlationAt(piece, place, at));
  }
  const loudest = said.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  const largestFault = said.reduce(
    (most, sample, at) => Math.max(most, Math.abs((place[at] ?? 0) - gain * sample)),
    0,
  );
  return {
    pieces: likeness.length,
    worstPiece: Math.min(...likeness),
    largestFault: largestFault / loudest,
    soundsElsewhere:
      loudPieces(heard.subarray(0, Math.max(0, lag - MARGIN_SAMPLES))) +
      loudPieces(heard.subarray(lag + said.length + MARGIN_SAMPLES)),
  };
}

/** What a device of this rate was given from its frame `skipped` on, as 16-bit samples at 16 kHz. */
function at16kHz(samples: Float32Array, rateHz: number, skipped: number): Int16Array {
  const scaled = samples.subarray(skipped).map((sample) => sample * 32_768);
  const resampler = new Resampler(rateHz, RATE_HZ);
  const converted = new Int16Array(resampler.outputLimit(scaled.length));
  return converted.subarray(0, resampler.convert(scaled, 0, scaled.length, converted, 0));
}

/** Where the beginning of what was said is: coarsely around the first sound, then to the sample. */
function placeOf(said: Int16Array, heard: Int16Array): number {
  const begins = heard.findIndex((sample) => Math.abs(sample) > AUDIBLE);
  if (begins < 0) return 0;
  const piece = said.subarray(0, SEARCH_SAMPLES);
  const within = (SEARCHED_MS * RATE_HZ) / 1000;
  let coarse = begins;
  let likeness = -1;
  for (let lag = Math.max(0, begins - within); lag < begins + within; lag += COARSE_SAMPLES) {
    const correlation = correlationAt(piece, heard, lag);
    if (correlation <= likeness) continue;
    likeness = correlation;
    coarse = lag;
  }
  return bestLikeness(piece, heard, coarse, COARSE_SAMPLES).lag;
}

function loudPieces(samples: Int16Array): number {
  let count = 0;
  for (let at = 0; at + PIECE_SAMPLES <= samples.length; at += PIECE_SAMPLES)
    if (powerOf(samples.subarray(at, at + PIECE_SAMPLES)) > LOUD_POWER) count++;
  return count;
}

function gainOf(said: Int16Array, heard: Int16Array): number {
  const product = said.reduce((sum, sample, at) => sum + sample * (heard[at] ?? 0), 0);
  return product / said.reduce((sum, sample) => sum + sample * sample, 1);
}

function powerOf(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
}
