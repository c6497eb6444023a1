// Conversions between milliseconds, samples and bytes.

/** Bytes of one sample of each codec whose samples all have the same size. */
export const BYTES_PER_SAMPLE = { pcm16: 2, mulaw: 1 } as const;

/** Whole samples nearest to a duration. */
export function msToSamples(durationMs: number, rateHz: number): number {
  return Math.round((durationMs * rateHz) / 1000);
}

/** Duration of a number of samples, in ms with fractions. */
export function samplesToMs(samples: number, rateHz: number): number {
  return (samples * 1000) / rateHz;
}
