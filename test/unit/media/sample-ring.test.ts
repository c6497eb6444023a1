// The sample ring at its edges.
import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../../core/media/sample-ring.ts';

const count = (from: number, length: number) =>
  Int16Array.from({ length }, (_, index) => from + index);

describe('sample ring', () => {
  it('[M6] keeps the newest samples and forgets the oldest', () => {
    const ring = new SampleRing(8);
    ring.append(count(0, 8), 0, 8);
    expect([ring.startPosition, ring.endPosition]).toEqual([0, 8]);
    ring.append(count(8, 3), 0, 3);
    expect([ring.startPosition, ring.endPosition]).toEqual([3, 11]);
    const out = new Int16Array(8);
    expect(ring.copyTo(3, out, 0, 8)).toBe(8);
    expect(out).toEqual(count(3, 8));
  });

  it('[M6] takes only the end of what is longer than itself', () => {
    const ring = new SampleRing(4);
    ring.append(count(0, 11), 1, 10);
    expect([ring.startPosition, ring.endPosition]).toEqual([6, 10]);
    const out = new Int16Array(4);
    expect(ring.copyTo(6, out, 0, 4)).toBe(4);
    expect(out).toEqual(count(7, 4));
  });

  it('[M7] gives what is there and makes up nothing', () => {
    const ring = new SampleRing(8);
    ring.append(count(1, 12), 0, 12);
    const out = new Int16Array(8).fill(-1);
    expect(ring.copyTo(3, out, 0, 4)).toBe(0);
    expect(ring.copyTo(12, out, 0, 4)).toBe(0);
    expect(ring.copyTo(400, out, 0, 4)).toBe(0);
    expect(out).toEqual(new Int16Array(8).fill(-1));
    expect(ring.copyTo(10, out, 1, 6)).toBe(2);
    expect(out).toEqual(Int16Array.of(-1, 11, 12, -1, -1, -1, -1, -1));
  });

  it('[M8] takes an hour of zeros as fast as a short one', () => {
    const ring = new SampleRing(4);
    ring.append(count(1, 4), 0, 4);
    ring.appendZeros(2 ** 40);
    expect([ring.startPosition, ring.endPosition]).toEqual([2 ** 40, 2 ** 40 + 4]);
    const out = new Int16Array(4).fill(-1);
    expect(ring.copyTo(2 ** 40, out, 0, 4)).toBe(4);
    expect(out).toEqual(new Int16Array(4));
  });

  it('[M9] starts anew at any position', () => {
    const ring = new SampleRing(4);
    ring.append(count(1, 4), 0, 4);
    ring.restartAt(1000);
    const out = new Int16Array(4);
    expect(ring.copyTo(998, out, 0, 4)).toBe(0);
    ring.append(count(1, 2), 0, 2);
    expect([ring.startPosition, ring.endPosition]).toEqual([1000, 1002]);
    expect(ring.copyTo(999, out, 0, 4)).toBe(0);
    expect(ring.copyTo(1000, out, 0, 4)).toBe(2);
  });

  it('[M10] gives a smaller ring its newest samples', () => {
    const ring = new SampleRing(8);
    ring.append(count(1, 20), 0, 20);
    const small = new SampleRing(4);
    small.restore(ring.snapshot());
    expect([small.startPosition, small.endPosition]).toEqual([16, 20]);
    const out = new Int16Array(4);
    expect(small.copyTo(16, out, 0, 4)).toBe(4);
    expect(out).toEqual(count(17, 4));
  });

  it('[M10] takes a missing field as what a new ring has', () => {
    const ring = new SampleRing(4);
    ring.append(count(1, 3), 0, 3);
    ring.restore({});
    expect([ring.startPosition, ring.endPosition]).toEqual([0, 0]);
  });

  it('[M11] refuses a capacity that is no power of two', () => {
    for (const capacity of [0, -4, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(() => new SampleRing(capacity)).toThrow(/"capacitySamples" must be a power of two/);
    }
    expect(new SampleRing(1).capacitySamples).toBe(1);
  });
});
