// Laws of serial-number arithmetic.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  generationDelta,
  nextGeneration,
  nextSequence,
  sequenceDelta,
  unwrapTimestamp,
  wrapTimestamp,
} from '../../../core/media/serial.ts';
import { runs } from '../../support/runs.ts';

const RUNS = { seed: 1982, numRuns: runs(500) };
/** Serial numbers of so many bits, more of them around the wrap. */
const serials = (bits: number) =>
  fc.oneof(
    fc.integer({ min: 0, max: 2 ** bits - 1 }),
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 2 ** bits - 10, max: 2 ** bits - 1 }),
  );
const sequence = serials(32);
const generation = serials(16);

describe('laws of serial numbers', () => {
  it('[M1] finds every distance below half the range again, and its opposite', () => {
    const distance = fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(sequence, distance, (from, steps) => {
        const to = (from + steps) >>> 0;
        expect(sequenceDelta(to, from)).toBe(steps);
        expect(sequenceDelta(from, to) + steps).toBe(0);
      }),
      RUNS,
    );
  });

  it('[M2] puts the next sequence number exactly one ahead', () => {
    fc.assert(
      fc.property(sequence, (from) => {
        expect(nextSequence(from)).toBeGreaterThanOrEqual(0);
        expect(nextSequence(from)).toBeLessThanOrEqual(0xffff_ffff);
        expect(sequenceDelta(nextSequence(from), from)).toBe(1);
      }),
      RUNS,
    );
  });

  it('[M3] holds the same laws for generations', () => {
    const distance = fc.integer({ min: -(2 ** 15) + 1, max: 2 ** 15 - 1 });
    fc.assert(
      fc.property(generation, distance, (from, steps) => {
        const to = (from + steps) & 0xffff;
        expect(generationDelta(to, from)).toBe(steps);
        expect(generationDelta(nextGeneration(from), from)).toBe(1);
        expect(nextGeneration(from)).toBeLessThanOrEqual(0xffff);
      }),
      RUNS,
    );
  });

  it('[M4] follows a stream through several wraps, one known packet to the next', () => {
    const steps = fc.array(fc.integer({ min: -(2 ** 30), max: 2 ** 31 - 1 }), { minLength: 20 });
    let wraps = 0;
    fc.assert(
      fc.property(sequence, steps, (origin, jumps) => {
        let position = 0;
        for (const jump of jumps) {
          const next = position + jump;
          const timestamp = wrapTimestamp(next, origin);
          expect(unwrapTimestamp(timestamp, wrapTimestamp(position, origin), position)).toBe(next);
          position = next;
        }
        wraps += Math.trunc(position / 2 ** 32);
      }),
      { ...RUNS, numRuns: runs(100) },
    );
    expect(wraps).toBeGreaterThan(100);
  });
});
