// The sample ring beside a model that keeps everything.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../../core/media/sample-ring.ts';
import { runs } from '../../support/runs.ts';

type Step =
  | { readonly kind: 'append' | 'zeros'; readonly length: number }
  | { readonly kind: 'restart'; readonly position: number }
  | { readonly kind: 'snapshot' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), length: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('zeros' as const), length: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), position: fc.nat(2 ** 33) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'snapshot' as const }) },
);

/** Everything since the last restart. */
class Model {
  start = 0;
  samples: number[] = [];
}

function apply(ring: SampleRing, model: Model, one: Step): SampleRing {
  switch (one.kind) {
    case 'append': {
      const samples = Int16Array.from({ length: one.length + 2 }, (_, index) => index * 7 + 1);
      ring.append(samples, 2, one.length);
      model.samples.push(...samples.subarray(2));
      return ring;
    }
    case 'zeros':
      ring.appendZeros(one.length);
      model.samples.push(...new Array<number>(one.length).fill(0));
      return ring;
    case 'restart':
      ring.restartAt(one.position);
      model.start = one.position;
      model.samples = [];
      return ring;
    case 'snapshot': {
      const other = new SampleRing(ring.capacitySamples);
      other.append(Int16Array.of(9, 9, 9), 0, 3);
      other.restore(structuredClone(ring.snapshot()));
      return other;
    }
  }
}

describe('laws of the sample ring', () => {
  it('[M6, M7, M8, M9, M10] holds the end of everything appended, whatever comes in between', () => {
    let compared = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 16, 32),
        fc.array(step, { maxLength: 30 }),
        (capacity, steps) => {
          const model = new Model();
          let ring = new SampleRing(capacity);
          for (const one of steps) {
            ring = apply(ring, model, one);
            const kept = Math.min(capacity, model.samples.length);
            const end = model.start + model.samples.length;
            expect([ring.startPosition, ring.endPosition]).toEqual([end - kept, end]);
            const out = new Int16Array(kept);
            expect(ring.copyTo(end - kept, out, 0, kept + 5)).toBe(kept);
            expect([...out]).toEqual(model.samples.slice(model.samples.length - kept));
            compared += kept;
          }
        },
      ),
      { seed: 6, numRuns: runs(300) },
    );
    expect(compared).toBeGreaterThan(10_000);
  });
});
