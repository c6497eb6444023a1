// The resampler gives the same samples for every way of cutting its input.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler } from '../../../core/media/resampler.ts';
import { runs } from '../../support/runs.ts';

const input = fc.int16Array({ minLength: 80, maxLength: 1500 });
const cuts = fc.array(fc.nat(700), { minLength: 1, maxLength: 12 });

/** Converts in chunks; after each, `between` may put another converter in place. */
function convertChunked(
  converter: Resampler,
  samples: Int16Array,
  chunks: readonly number[],
  between: (converter: Resampler) => Resampler,
): Int16Array {
  const into = new Int16Array(3 * samples.length + 2).fill(-7);
  let current = converter;
  let taken = 0;
  let written = 1;
  for (const chunk of [...chunks, samples.length]) {
    const length = Math.min(chunk, samples.length - taken);
    written += current.convert(samples, taken, length, into, written);
    taken += length;
    current = between(current);
  }
  expect(into[0]).toBe(-7);
  expect(into.subarray(written).every((sample) => sample === -7)).toBe(true);
  return into.slice(1, written);
}

describe.each([
  [8000, 16_000],
  [16_000, 8000],
  [44_100, 16_000],
  [16_000, 44_100],
])('resampler, %i to %i Hz', (fromHz, toHz) => {
  const make = () => new Resampler(fromHz, toHz);
  const whole = (samples: Int16Array) => convertChunked(make(), samples, [], (same) => same);

  it('[M19] gives bit for bit the same in chunks of any size', () => {
    fc.assert(
      fc.property(input, cuts, (samples, chunks) => {
        const output = whole(samples);
        expect(output.length).toBeGreaterThan(0);
        expect(convertChunked(make(), samples, chunks, (same) => same)).toEqual(output);
      }),
      { seed: 19, numRuns: runs(60) },
    );
  });

  it('[M19] goes on from a snapshot as if never interrupted', () => {
    fc.assert(
      fc.property(input, cuts, (samples, chunks) => {
        const moved = convertChunked(make(), samples, chunks, (before) => {
          const after = make();
          after.convert(samples, 0, 33, new Int16Array(99), 0);
          after.restore(structuredClone(before.snapshot()));
          return after;
        });
        expect(moved).toEqual(whole(samples));
      }),
      { seed: 20, numRuns: runs(60) },
    );
  });

  it('[M19] begins anew after reset', () => {
    fc.assert(
      fc.property(input, input, (before, samples) => {
        const converter = make();
        converter.convert(before, 0, before.length, new Int16Array(3 * before.length), 0);
        converter.reset();
        expect(convertChunked(converter, samples, [], (same) => same)).toEqual(whole(samples));
      }),
      { seed: 21, numRuns: runs(20) },
    );
  });
});
