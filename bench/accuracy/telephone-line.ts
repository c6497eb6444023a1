// What a telephone line leaves of 16 kHz audio: 8 kHz, eight bits of µ-law a sample, and back.

import { decodeMulaw, encodeMulaw } from '../../core/media/mulaw.ts';
import { Resampler } from '../../core/media/resampler.ts';

/** As many samples as were given, at the same places: the filters' delay is made up for by silence at the end. */
export function throughTelephoneLine(samples: Int16Array): Int16Array {
  const down = new Resampler(16_000, 8000);
  const up = new Resampler(8000, 16_000);
  const flushed = new Int16Array(samples.length + down.delaySamples + 2 * up.delaySamples + 2);
  flushed.set(samples);
  const narrow = new Int16Array(flushed.length);
  const narrowSamples = down.convert(flushed, 0, flushed.length, narrow, 0);
  for (let index = 0; index < narrowSamples; index++) {
    narrow[index] = decodeMulaw(encodeMulaw(narrow[index]!));
  }
  const wide = new Int16Array(flushed.length);
  up.convert(narrow, 0, narrowSamples, wide, 0);
  return wide.slice(0, samples.length);
}
