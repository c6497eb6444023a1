// Changes the sampling rate of a whole recording, with the sinc filters of libsamplerate.

import libsamplerate from '@alexanderolsen/libsamplerate-js';

/** Samples given to the library at once: its own way of cutting long recordings loses the end, and fails at odd rates. */
const BLOCK_SAMPLES = 2 ** 15;

/** Silence after the recording that pushes its last samples out of the filter, whose half length is below this. */
const FLUSH_MS = 50;

/**
 * The recording at another rate, aligned with the original: sample n of the result lies at n · fromHz / toHz. What the
 * new rate cannot carry is filtered out before it could fold back (121 dB; flat to 90 % of half the lower rate).
 */
export async function resample(
  samples: Float32Array,
  fromHz: number,
  toHz: number,
): Promise<Float32Array> {
  if (fromHz === toHz) return samples;
  const converter = await libsamplerate.create(1, fromHz, toHz, {
    converterType: libsamplerate.ConverterType.SRC_SINC_MEDIUM_QUALITY,
  });
  const resampled = new Float32Array(Math.round((samples.length * toHz) / fromHz));
  let filled = 0;
  const take = (block: Float32Array) => {
    const given = converter.full(block);
    resampled.set(given.subarray(0, resampled.length - filled), filled);
    filled = Math.min(resampled.length, filled + given.length);
  };
  for (let offset = 0; offset < samples.length; offset += BLOCK_SAMPLES) {
    take(samples.subarray(offset, offset + BLOCK_SAMPLES));
  }
  take(new Float32Array(Math.ceil((fromHz * FLUSH_MS) / 1000)));
  converter.destroy();
  return resampled;
}

/** 16-bit samples, clipped at full scale. */
export function toPcm16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
  );
}
