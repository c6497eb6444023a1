// Serial-number arithmetic (RFC 1982) for sequence numbers, media timestamps and generations that wrap.

/**
 * Signed distance `a − b` of two 32-bit serial numbers: positive when `a` comes after `b`.
 * Right while the two are less than 2³¹ apart; at exactly 2³¹, where RFC 1982 §3.2 leaves the order open,
 * the distance is −2³¹ from either side. Example: `sequenceDelta(3, 0xffff_fffe)` is 5, across the wrap.
 */
export function sequenceDelta(a: number, b: number): number {
  return (a - b) | 0;
}

/** The sequence number after this one; 0 follows 2³² − 1. */
export function nextSequence(sequence: number): number {
  return (sequence + 1) >>> 0;
}

/**
 * Signed distance `a − b` of two 16-bit generations: positive when `a` comes after `b`.
 * Right while the two are less than 2¹⁵ apart; at exactly 2¹⁵ the distance is −2¹⁵ from either side.
 * Example: `generationDelta(1, 0xffff)` is 2, across the wrap.
 */
export function generationDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** The generation after this one; 0 follows 2¹⁶ − 1. */
export function nextGeneration(generation: number): number {
  return (generation + 1) & 0xffff;
}

/**
 * Unwraps a 32-bit media timestamp into a position that counts on without wrapping, given one pair that is known to
 * belong together (the origin or, in a stream longer than 2³¹ samples, a recent packet). The result is negative for
 * what lies before position 0. Example: with position 100 known at timestamp 0xffff_fff0, timestamp 0x10 is position 132.
 */
export function unwrapTimestamp(
  timestamp: number,
  knownTimestamp: number,
  knownPosition: number,
): number {
  return knownPosition + sequenceDelta(timestamp, knownTimestamp);
}

/** The 32-bit media timestamp of a position, when position 0 has the timestamp `origin`: undoes `unwrapTimestamp`. */
export function wrapTimestamp(position: number, origin: number): number {
  return (origin + position) >>> 0;
}
