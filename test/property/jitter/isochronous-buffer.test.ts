// Laws of isochronous playout under any order, loss, duplication, burst and timestamp.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Arrival, arrivalsOf, PlayoutScript } from '../../support/playout-script.ts';
import { runs } from '../../support/runs.ts';

const SEED = { seed: 11, numRuns: runs(60) };
const CAPACITY_FRAMES = 32;

/** Frames near one another in any order, in bursts, with stalls, silence, and some nonsense. */
const steps = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 8, arbitrary: fc.constant(1) },
      { weight: 2, arbitrary: fc.integer({ min: -4, max: 5 }) },
      { weight: 1, arbitrary: fc.integer({ min: -80, max: 80 }) },
    ),
    silence: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -400, max: 5000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 28 }) },
    ),
    waitMs: fc.oneof(
      { weight: 8, arbitrary: fc.constant(20) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 60 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 900 }) },
    ),
  }),
  { minLength: 1, maxLength: 120, size: 'max' },
);

type Step = { readonly step: number; readonly silence: number; readonly waitMs: number };

function arrivalsIn(list: readonly Step[]): Arrival[] {
  let number = 0;
  let silence = 0;
  let atMs = 0;
  return list.map(({ step, silence: more, waitMs }) => {
    number = Math.max(0, number + step);
    silence += Math.max(0, more);
    atMs += waitMs;
    return { number, atMs, position: number * 320 + silence + Math.min(0, more) };
  });
}

it('[I4] nothing is lost from the books, the backlog is bounded, and every pull is filled', () => {
  let played = 0;
  fc.assert(
    fc.property(steps, (list) => {
      const script = new PlayoutScript({ capacityFrames: CAPACITY_FRAMES });
      const arrivals = arrivalsIn(list);
      for (const arrival of arrivals) {
        script.run([arrival], arrival.atMs + 10);
        const { lost: _, received, ...fates } = script.buffer.counters;
        const sum = Object.values(fates).reduce((total, count) => total + count, 0);
        expect(received).toBe(sum + script.buffer.backlogFrames);
        expect(script.buffer.backlogFrames).toBeLessThanOrEqual(CAPACITY_FRAMES);
      }
      script.run([], arrivals.at(-1)!.atMs + 500);
      const made = script.pieces.reduce((sum, { length }) => sum + length, 0);
      expect(script.buffer.statistics().totalSamplesReceived).toBeLessThanOrEqual(made);
      played += script.buffer.counters.played;
    }),
    SEED,
  );
  expect(played).toBeGreaterThan(1000);
});

it('[I4] what is played of one stream is one line: positions never go back', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const script = new PlayoutScript({ capacityFrames: CAPACITY_FRAMES });
      const arrivals = arrivalsIn(list);
      script.run(arrivals, arrivals.at(-1)!.atMs + 500);
      let end = Number.NEGATIVE_INFINITY;
      for (const { from, to } of script.pieces) {
        expect(from).toBeGreaterThanOrEqual(end);
        expect(to).toBeGreaterThanOrEqual(from);
        end = to;
      }
    }),
    SEED,
  );
});

it('[I9] a constant shift of all times changes nothing', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: -(2 ** 41), max: 2 ** 41 }), (list, originMs) => {
      const arrivals = arrivalsIn(list);
      const untilMs = arrivals.at(-1)!.atMs + 300;
      const [plain, shifted] = [{}, { originMs }].map((options) => {
        const script = new PlayoutScript(options);
        script.run(arrivals, untilMs);
        return script;
      });
      expect(shifted!.heard).toEqual(plain!.heard);
      expect(shifted!.buffer.statistics()).toEqual(plain!.buffer.statistics());
    }),
    { ...SEED, numRuns: runs(15) },
  );
});

it('[I10] without loss, and with jitter below the target, nothing is concealed', () => {
  let jittery = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9 }),
      fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 50, maxLength: 150 }),
      (phaseMs, jitterMs) => {
        const tuning = { initialDelayMs: 80, initialFadeMs: 1e9 };
        const script = new PlayoutScript({ tuning });
        script.run(
          arrivalsOf(200, (number) => phaseMs + jitterMs[number % jitterMs.length]!),
          4000,
        );
        expect(script.totalMs('concealed')).toBe(0);
        expect(script.buffer.counters).toMatchObject({ late: 0, lost: 0 });
        if (Math.max(...jitterMs) > 60) jittery++;
      },
    ),
    { ...SEED, numRuns: runs(12) },
  );
  expect(jittery).toBeGreaterThan(3);
});
