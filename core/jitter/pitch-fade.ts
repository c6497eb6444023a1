// Passes from one stretch of samples to another without a jump.

const MAXIMUM = 32767;
const MINIMUM = -32768;

/**
 * Fades evenly from `from[a …]` to `to[b …]` over `length` samples, 2 or more, into `into[offset …]`: the first is that
 * of the one, the last that of the other.
 */
export function fade(
  from: Int16Array,
  a: number,
  to: Int16Array,
  b: number,
  length: number,
  into: Int16Array,
  offset: number,
): void {
  for (let index = 0; index < length; index++) {
    const rising = index / (length - 1);
    const mixed = (1 - rising) * from[a + index]! + rising * to[b + index]!;
    into[offset + index] = Math.round(mixed);
  }
}

/** The nearest sample of 16 bits. */
export function toSample(value: number): number {
  return Math.max(MINIMUM, Math.min(MAXIMUM, Math.round(value)));
}
