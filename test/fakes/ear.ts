// How much of an answer a caller's ear got, found by its sound alone.

import { Resampler } from '../../core/media/resampler.ts';
import { bestLikeness, correlationAt } from '../support/likeness.ts';

const EAR_RATE_HZ = 16_000;
const PER_MS = EAR_RATE_HZ / 1000;
const BEGINNING_SAMPLES = 100 * PER_MS;
const CHUNK_SAMPLES = 10 * PER_MS;
/** What was said again from a pause on, or after a hold, lies this far off at most. */
const SHIFT_SAMPLES = 500 * PER_MS;
/** So much may be unlike where a player has stretched the sound. */
const SEAM_SAMPLES = 80 * PER_MS;
const ALIKE = 0.9;

/** Milliseconds of `answer` that `ear` got, both at 16 kHz, when it begins there at `nearMs`, give or take `withinMs`. */
export function heardMs(
  answer: Int16Array,
  ear: Int16Array,
  nearMs: number,
  withinMs: number,
): number {
  const beginning = answer.subarray(0, BEGINNING_SAMPLES);
  let { lag } = bestLikeness(beginning, ear, nearMs * PER_MS, withinMs * PER_MS);
  let heard = 0;
  for (let from = 0; from + CHUNK_SAMPLES <= answer.length; from += CHUNK_SAMPLES) {
    if (from > heard + SEAM_SAMPLES) break;
    const chunk = answer.subarray(from, from + CHUNK_SAMPLES);
    if (correlationAt(chunk, ear, lag + from) < ALIKE) {
      const next = bestLikeness(chunk, ear, lag + from, SHIFT_SAMPLES);
      if (next.correlation < ALIKE) continue;
      lag = next.lag - from;
    }
    heard = from + CHUNK_SAMPLES;
  }
  return heard / PER_MS;
}

/** A vendor's samples as a perfect ear gets them, at 16 kHz. */
export function toEar(samples: Int16Array, rateHz: number): Int16Array {
  const resampler = new Resampler(rateHz, EAR_RATE_HZ);
  const sound = new Int16Array(resampler.outputLimit(samples.length));
  return sound.subarray(0, resampler.convert(samples, 0, samples.length, sound, 0));
}
