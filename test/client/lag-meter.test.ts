// The lag meter and its histogram.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurationHistogram } from '../../client/session/duration-histogram.ts';
import { LagMeter } from '../../client/session/lag-meter.ts';
import { runs } from '../support/runs.ts';

const SEED = 20_261;

describe('LagMeter', () => {
  it('[K20] measures the rise over the minimum of the last 30 s, by a plain search as oracle', () => {
    const trips = fc.array(
      fc.record({
        gapMs: fc.integer({ min: 20, max: 4000 }),
        roundTripMs: fc.integer({ min: 1, max: 900 }),
      }),
      { minLength: 20, maxLength: 60 },
    );
    let forgotten = 0;
    const law = fc.property(trips, (list) => {
      const meter = new LagMeter();
      const seen: { atMs: number; roundTripMs: number }[] = [];
      let sentMs = 0;
      let nowMs = 0;
      list.forEach(({ gapMs, roundTripMs }, sequence) => {
        sentMs = Math.max(sentMs + gapMs, nowMs);
        nowMs = sentMs + roundTripMs;
        meter.restart();
        meter.sent(sequence, sentMs);
        meter.echo(sequence, 0, nowMs);
        seen.push({ atMs: nowMs, roundTripMs });
        // Buckets of whole seconds: the window reaches back 29 to 30 s.
        const second = Math.floor(nowMs / 1000);
        const recent = seen.filter(({ atMs }) => Math.floor(atMs / 1000) > second - 30);
        if (recent.length < seen.length) forgotten++;
        const minimum = Math.min(...recent.map((trip) => trip.roundTripMs));
        expect(meter.largestRiseMs).toBe(roundTripMs - minimum);
        expect(meter.roundTripMs).toBe(roundTripMs);
      });
      expect(meter.rises.count).toBe(list.length);
    });
    fc.assert(law, { seed: SEED, numRuns: runs(50) });
    expect(forgotten).toBeGreaterThan(100);
  });

  it('[K20] keeps the largest rise until the next stretch, with its cause from 10 ms on', () => {
    const meter = new LagMeter();
    const trip = (sequence: number, roundTripMs: number, backlogMs: number) => {
      meter.sent(sequence, 1000 * sequence);
      meter.echo(sequence, backlogMs, 1000 * sequence + roundTripMs);
    };
    trip(0, 40, 0);
    expect(meter).toMatchObject({ isNew: true, largestRiseMs: 0, largestCause: null });
    trip(1, 49, 100);
    expect(meter).toMatchObject({ largestRiseMs: 9, largestCause: null });
    trip(2, 140, 50);
    expect(meter).toMatchObject({ largestRiseMs: 100, largestCause: 'isolate' });
    trip(3, 160, 59);
    expect(meter).toMatchObject({ largestRiseMs: 120, largestCause: 'network' });
    trip(4, 60, 0);
    expect(meter).toMatchObject({ largestRiseMs: 120, largestCause: 'network', roundTripMs: 60 });
    meter.restart();
    expect(meter).toMatchObject({ isNew: false, largestRiseMs: 0, largestCause: null });
    expect(meter.rises.max).toBe(120);
  });

  it('[K20] measures nothing twice, nothing unknown, and nothing of an earlier connection', () => {
    const meter = new LagMeter();
    meter.echo(0, 0, 10);
    meter.sent(5, 100);
    meter.echo(5 + 2048, 0, 110);
    expect(meter.roundTripMs).toBeNull();
    meter.echo(5, 0, 130);
    meter.echo(5, 0, 900);
    expect(meter.roundTripMs).toBe(30);
    meter.sent(6, 1000);
    meter.forgetSent();
    meter.echo(6, 0, 5000);
    expect(meter.roundTripMs).toBe(30);
    expect(meter.rises.count).toBe(1);
  });
});

describe('DurationHistogram', () => {
  it('[K20] gives quantiles at most 5 % too high, never too low, and the exact maximum', () => {
    const durations = fc.array(fc.double({ min: 0.1, max: 80_000, noNaN: true }), { minLength: 1 });
    const law = fc.property(
      durations,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, share) => {
        const histogram = new DurationHistogram();
        for (const durationMs of list) histogram.add(durationMs);
        const sorted = list.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(share * list.length) - 1)]!;
        const quantile = histogram.quantile(share);
        expect(quantile).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(quantile).toBeLessThanOrEqual(exact * 1.05 * (1 + 1e-9));
        expect(histogram.max).toBe(sorted.at(-1));
        expect(histogram.count).toBe(list.length);
      },
    );
    fc.assert(law, { seed: SEED, numRuns: runs(200) });
    const empty = new DurationHistogram();
    expect([empty.quantile(0.5), empty.max]).toEqual([0, 0]);
    const extremes = new DurationHistogram();
    extremes.add(0);
    extremes.add(1e9);
    expect(extremes.quantile(0.1)).toBe(0.1);
    expect(extremes.max).toBe(1e9);
  });
});
