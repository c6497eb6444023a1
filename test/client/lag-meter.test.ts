// The lag meter: rises, and whether the network or the isolate made them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LagMeter } from '../../client/session/lag-meter.ts';
import { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import type { Echo } from '../../core/wire/messages.ts';
import { echoOf } from '../support/echo-of.ts';
import { runs } from '../support/runs.ts';

const SEED = 20_261;

/** One packet each second; `UP_MS` of its round trip is the way up, unless it says when it came. */
const UP_MS = 20;

class Trips {
  readonly meter = new LagMeter();
  #sequence = 0;

  /** Sends a packet that is echoed after `roundTripMs`. */
  trip(roundTripMs: number, changes: Partial<Echo> = {}): void {
    const sequence = this.#sequence++;
    const sentMs = 1000 * sequence;
    this.meter.sent(sequence, sentMs);
    this.meter.echo(echoOf(sequence, sentMs + UP_MS, changes), sentMs + roundTripMs);
  }

  /** Sends a packet `beforeMs` before the next trip's that is not echoed itself; it came after `upMs`. */
  arrival(beforeMs: number, upMs: number): NonNullable<Echo['latest']> {
    const sequence = 100_000 + this.#sequence;
    const sentMs = 1000 * this.#sequence - beforeMs;
    this.meter.sent(sequence, sentMs);
    return { sequence, clockMs: sentMs + upMs };
  }

  /** Two more echoes, after which everything before them is placed. */
  placed() {
    this.trip(40);
    this.trip(40);
    const { largestRiseMs, largestCause } = this.meter;
    return { largestRiseMs, largestCause };
  }
}

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
      let riseMs = 0;
      list.forEach(({ gapMs, roundTripMs }, sequence) => {
        // Echoes closer together than 50 ms are taken as one.
        sentMs = Math.max(sentMs + gapMs, nowMs + 50);
        nowMs = sentMs + roundTripMs;
        meter.restart();
        meter.sent(sequence, sentMs);
        meter.echo(echoOf(sequence, sentMs), nowMs);
        expect(meter.largestRiseMs).toBe(riseMs);
        seen.push({ atMs: nowMs, roundTripMs });
        // Buckets of whole seconds: the window reaches back 29 to 30 s.
        const second = Math.floor(nowMs / 1000);
        const recent = seen.filter(({ atMs }) => Math.floor(atMs / 1000) > second - 30);
        if (recent.length < seen.length) forgotten++;
        riseMs = roundTripMs - Math.min(...recent.map((trip) => trip.roundTripMs));
        expect(meter.roundTripMs).toBe(roundTripMs);
      });
      expect(meter.rises.count).toBe(list.length);
    });
    fc.assert(law, { seed: SEED, numRuns: runs(50) });
    expect(forgotten).toBeGreaterThan(100);
  });

  it('[K20] keeps the largest rise until the next stretch', () => {
    const trips = new Trips();
    trips.trip(40);
    expect(trips.meter).toMatchObject({ isNew: true, largestRiseMs: 0, largestCause: null });
    trips.trip(140);
    trips.trip(90);
    expect(trips.placed()).toEqual({ largestRiseMs: 100, largestCause: 'network' });
    trips.meter.restart();
    expect(trips.meter).toMatchObject({ isNew: false, largestRiseMs: 0, largestCause: null });
    expect(trips.meter.rises.max).toBe(100);
    expect(trips.meter.risesByCause.network.count).toBe(2);
  });

  it('[K20] leaves out of a round trip what the packet waited for its echo', () => {
    const trips = new Trips();
    trips.trip(40);
    trips.trip(165, { heldMs: 120 });
    expect(trips.meter.roundTripMs).toBe(45);
    expect(trips.placed()).toEqual({ largestRiseMs: 5, largestCause: null });
  });

  it.each([
    ['the round trip alone', 120, {}, 80, 'network'],
    ['less than 10 ms', 49, { lateMs: 9 }, 9, null],
    ['a timer as late as half of it', 120, { lateMs: 40 }, 80, 'isolate'],
    ['a timer that was hardly late', 120, { lateMs: 39 }, 80, 'network'],
    ['nothing but a late timer', 40, { lateMs: 60 }, 60, 'isolate'],
  ] as const)('[K23] places a rise by %s', (_name, roundTripMs, changes, largestRiseMs, cause) => {
    const trips = new Trips();
    trips.trip(40);
    trips.trip(roundTripMs, changes);
    expect(trips.placed()).toEqual({ largestRiseMs, largestCause: cause });
  });

  it('[K23] finds a rise in a packet that was not echoed, and places it in the network', () => {
    const trips = new Trips();
    trips.trip(40);
    trips.trip(40, { latest: trips.arrival(30, UP_MS + 70) });
    expect(trips.placed()).toEqual({ largestRiseMs: 70, largestCause: 'network' });
  });

  it('[K23] places a rise in the isolate when a packet came before it could, beyond the noise of 8 ms', () => {
    for (const [earlyMs, cause] of [
      [60, 'isolate'],
      [20, 'isolate'],
      [19, 'network'],
      [7, 'network'],
    ] as const) {
      const trips = new Trips();
      trips.trip(40);
      trips.trip(120, { earliest: trips.arrival(30, UP_MS - earlyMs) });
      expect(trips.placed()).toEqual({ largestRiseMs: 80, largestCause: cause });
    }
  });

  it('[K23] takes the explanation from the echo before and the echo after as well, and from no other', () => {
    for (const [explained, cause] of [
      [-2, 'network'],
      [-1, 'isolate'],
      [0, 'isolate'],
      [1, 'isolate'],
      [2, 'network'],
    ] as const) {
      const trips = new Trips();
      trips.trip(40);
      for (let echo = -2; echo <= 2; echo++) {
        trips.trip(echo === 0 ? 140 : 40, echo === explained ? { lateMs: 80 } : {});
      }
      expect(trips.placed()).toEqual({ largestRiseMs: 100, largestCause: cause });
    }
  });

  it('[K20] measures nothing twice, nothing unknown, and nothing of an earlier connection', () => {
    const meter = new LagMeter();
    meter.echo(echoOf(0), 10);
    meter.sent(5, 100);
    meter.echo(echoOf(5 + 2048), 110);
    expect(meter.roundTripMs).toBeNull();
    meter.echo(echoOf(5, 110), 130);
    meter.echo(echoOf(5, 110), 900);
    expect(meter.roundTripMs).toBe(30);
    const unknown = { sequence: 7, clockMs: 0 };
    meter.sent(6, 1000);
    meter.echo(echoOf(6, 1010, { latest: unknown, earliest: unknown }), 1030);
    meter.sent(8, 2000);
    meter.forgetSent();
    meter.echo(echoOf(8), 5000);
    expect(meter.roundTripMs).toBe(30);
    meter.sent(9, 6000);
    meter.echo(echoOf(9, 6100), 6200);
    expect(meter.rises.max).toBe(0);
    expect(meter.rises.count).toBe(3);
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
