// G.711 µ-law: one byte for a sample, by table in one direction and by its leading bit in the other.

/** The byte of a zero sample (ITU-T G.711 table 2a: character signal 11111111). */
export const MULAW_SILENCE = 0xff;

/** Added to a magnitude so that segment boundaries become powers of two: 33 in G.711's 14-bit units. */
const BIAS = 33 << 2;

/** Largest magnitude before it would leave the last segment: 8159 in 14-bit units, one 16-bit step short. */
const CLIP = (8159 << 2) - 1;

/** Leading zeros of a biased magnitude in segment 0 (132 … 255). */
const LEADING_ZEROS_OF_SEGMENT_0 = 24;

/** Sample (16 bit) of every byte: G.711's 14-bit output value times four. */
const SAMPLE_OF_BYTE = Int16Array.from({ length: 256 }, (_, byte) => expand(byte));

/** 16-bit sample of a µ-law byte: −32124 … 32124; both zeros (0xff and 0x7f) give 0. */
export function decodeMulaw(byte: number): number {
  return SAMPLE_OF_BYTE[byte & 0xff]!;
}

/** µ-law byte of a 16-bit sample; louder samples than G.711 knows become the loudest. Positive zero is 0xff. */
export function encodeMulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), CLIP) + BIAS;
  const segment = LEADING_ZEROS_OF_SEGMENT_0 - Math.clz32(biased);
  const step = (biased >> (segment + 3)) & 0x0f;
  return ~(sign | (segment << 4) | step) & 0xff;
}

function expand(byte: number): number {
  const inverted = ~byte;
  const segment = (inverted >> 4) & 0x07;
  const step = inverted & 0x0f;
  const magnitude = (((step << 3) + BIAS) << segment) - BIAS;
  return inverted & 0x80 ? -magnitude : magnitude;
}
