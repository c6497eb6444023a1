// The isochronous exit: what is heard when frames come in time, late, out of order, or not at all.

import { describe, expect, it } from 'vitest';
import { arrivalsOf, hum, PlayoutScript, stalled } from '../../support/playout-script.ts';

/** Without the time at the start, in which there is more delay than wanted. */
const AT_ONCE = { initialDelayMs: 0 };

const onTime = (frames: number) => arrivalsOf(frames, () => 0);

describe('audio in time', () => {
  it('[I1] gives zeros until the delay at the start has passed, and fills every pull from then on', () => {
    const script = new PlayoutScript();
    script.run([], 100);
    expect(script.heard.every((sample) => sample === 0)).toBe(true);
    expect(script.buffer.statistics().totalSamplesReceived).toBe(0);
    script.run(
      onTime(100).map((arrival) => ({ ...arrival, atMs: arrival.atMs + 100 })),
      180,
    );
    expect(script.pieces).toEqual([]);
    script.run([], 190);
    expect(script.pieces[0]).toMatchObject({ kind: 'audio', from: 0 });
    expect(script.buffer.statistics().totalSamplesReceived).toBe(160);
  });

  it.each([
    [8000, 20],
    [16_000, 10],
    [24_000, 10],
    [48_000, 128 / 48],
  ])('[I2] comes out sample for sample at %i Hz, pulled every %d ms', (rateHz, pullMs) => {
    const tuning = { initialDelayMs: Math.max(5, pullMs), initialFadeMs: 1e9 };
    const script = new PlayoutScript({ rateHz, pullMs, tuning });
    script.run(onTime(100), 1900);
    const first = script.heard.findIndex((sample) => sample !== 0);
    const skew = script.heard.length - script.pieces.reduce((sum, { length }) => sum + length, 0);
    const wrong = script.heard.findIndex(
      (sample, index) => index >= skew && sample !== hum(index - skew),
    );
    expect(first).toBeGreaterThanOrEqual(skew);
    expect(wrong).toBe(-1);
    expect(new Set(script.pieces.map(({ kind }) => kind))).toEqual(new Set(['audio']));
  });

  it('[I2] shows nothing of sequence numbers and timestamps that wrap', () => {
    const plain = new PlayoutScript();
    const wrapping = new PlayoutScript({ firstSequence: 0xffff_fff0, firstTimestamp: 0xffff_f000 });
    for (const script of [plain, wrapping]) {
      script.run(
        arrivalsOf(200, (number) => (number % 40 === 7 ? null : (number * 7) % 30)),
        4100,
      );
    }
    expect(wrapping.heard).toEqual(plain.heard);
    expect(wrapping.buffer.counters).toEqual(plain.buffer.counters);
    expect(plain.buffer.counters.lost).toBe(5);
  });
});

describe('what becomes of a frame', () => {
  it('[I3] names frames that cannot be played', () => {
    const script = new PlayoutScript({ capacityFrames: 16, tuning: AT_ONCE });
    expect(script.insert({ atMs: 0, number: 0 })).toBe('accepted');
    expect(script.insert({ atMs: 0, number: 0 })).toBe('duplicate');
    expect(script.insert({ atMs: 0, number: 3 })).toBe('accepted');
    expect(script.insert({ atMs: 0, number: 16 })).toBe('overrun');
    expect(script.insert({ atMs: 0, number: 15 })).toBe('accepted');
    expect(script.insert({ atMs: 0, number: 2, position: 320 * 3 - 1 })).toBe('overlap');
    expect(script.insert({ atMs: 0, number: 4, position: 320 * 4 - 1 })).toBe('overlap');
    expect(script.insert({ atMs: 0, number: 5, length: 0 })).toBe('overlap');
    expect(script.insert({ atMs: 0, number: 5, length: 321 })).toBe('overlap');
    script.run([], 60);
    expect(script.insert({ atMs: 60, number: 0 })).toBe('duplicate');
    script.run([], 200);
    expect(script.insert({ atMs: 200, number: 1 })).toBe('late');
    const { received, played, duplicate, late, overrun, overlap } = script.buffer.counters;
    expect({ received, duplicate, late, overrun, overlap }).toEqual({
      received: 11,
      duplicate: 2,
      late: 1,
      overrun: 1,
      overlap: 4,
    });
    expect(played + script.buffer.backlogFrames).toBe(3);
  });

  it('[I3] takes a frame from far ahead when nothing is kept, so that no stream is stuck', () => {
    const script = new PlayoutScript({ capacityFrames: 16, tuning: AT_ONCE });
    script.run(onTime(10), 400);
    expect(script.insert({ atMs: 400, number: 1000 })).toBe('accepted');
    script.run([], 500);
    expect(script.buffer.counters.played).toBe(11);
  });

  it('[I8] plays a frame that was overtaken and comes while it is concealed', () => {
    const script = new PlayoutScript({ tuning: { initialDelayMs: 50, initialFadeMs: 1e9 } });
    script.run(
      arrivalsOf(100, (number) => (number === 50 ? 65 : 0)),
      1900,
    );
    expect(script.totalMs('concealed')).toBe(10);
    expect(script.buffer.counters).toMatchObject({ late: 0, lost: 0 });
  });
});

describe('the beginning', () => {
  it('[I8] is with the earliest frame that comes before playout does, whichever comes first', () => {
    const script = new PlayoutScript();
    expect(script.insert({ atMs: 0, number: 5 })).toBe('accepted');
    expect(script.insert({ atMs: 1, number: 3 })).toBe('accepted');
    expect(script.insert({ atMs: 2, number: 4 })).toBe('accepted');
    expect(script.insert({ atMs: 3, number: 3 })).toBe('duplicate');
    script.run([], 180);
    expect(script.pieces[0]).toMatchObject({ kind: 'audio', from: -640 });
    expect(script.buffer.counters).toMatchObject({ played: 3, late: 0, lost: 0 });
    expect(script.insert({ atMs: 180, number: 2 })).toBe('late');
  });

  it('[I3] is not moved back by more than the capacity', () => {
    const script = new PlayoutScript({ capacityFrames: 16 });
    script.insert({ atMs: 0, number: 20 });
    expect(script.insert({ atMs: 0, number: 4 })).toBe('late');
    expect(script.insert({ atMs: 0, number: 5 })).toBe('accepted');
  });
});

describe('silence that was meant', () => {
  const spoken = (gapMs: number) =>
    arrivalsOf(100, () => 0).map(({ number, atMs }) => {
      const later = number >= 50 ? gapMs : 0;
      return { number, atMs: atMs + later, position: number * 320 + later * 16 };
    });

  it('[I5] is given as zeros, and nothing is lost', () => {
    // All of the silence is known before it is played.
    const arrivals = spoken(300).map((arrival) => ({ ...arrival, atMs: arrival.number * 20 }));
    const script = new PlayoutScript({ tuning: AT_ONCE });
    script.run(arrivals, 1900);
    expect(script.totalMs('concealed')).toBe(0);
    expect(script.buffer.counters.lost).toBe(0);
    expect(script.totalMs('silence')).toBeGreaterThanOrEqual(60);
  });

  it('[I5] is paid for by what was concealed before it was known', () => {
    const script = new PlayoutScript({ tuning: AT_ONCE });
    script.run(spoken(300), 2000);
    expect(script.totalMs('silence') + script.totalMs('concealed')).toBeCloseTo(300, -1);
    expect(script.buffer.counters.lost).toBe(0);
    expect(script.delaysMs.at(-1)).toBeLessThanOrEqual(20);
  });
});

describe('audio that is not there', () => {
  it('[I6] conceals late audio until it comes, plays it whole, and the delay grows by that', () => {
    const script = new PlayoutScript({ tuning: { ...AT_ONCE, smallDelayMs: 0 } });
    const before = 50;
    script.run(
      arrivalsOf(100, (number) => stalled(number, before, 200)),
      before * 20 + 210,
    );
    const concealed = script.totalMs('concealed');
    expect(concealed).toBeGreaterThan(150);
    expect(script.delaysMs.at(-1)! - script.delaysMs[40]!).toBeCloseTo(concealed, 0);
    const resumed = script.pieces.find(
      ({ kind, from }) => kind === 'audio' && from === before * 320,
    );
    expect(resumed).toBeDefined();
  });

  it('[I7] conceals lost audio for as long as it was, and the delay stays', () => {
    const script = new PlayoutScript({ tuning: AT_ONCE });
    script.run(
      arrivalsOf(100, (number) => (number === 50 || number === 51 ? null : 0)),
      1900,
    );
    expect(script.totalMs('concealed')).toBe(40);
    expect(script.buffer.counters.lost).toBe(2);
    expect(script.delaysMs.at(-1)).toBe(script.delaysMs[40]);
  });

  it('[I7] conceals less, but 10 ms at least, where there is more delay than wanted', () => {
    const tuning = { ...AT_ONCE, stallShare: 1, smallDelayMs: 0 };
    const script = new PlayoutScript({ tuning });
    const arrivals = arrivalsOf(100, (number) =>
      number === 62 || number === 63 ? null : stalled(number, 50, 300),
    );
    script.run(arrivals, 1900);
    const lost = script.pieces.findIndex(({ from }) => from === 64 * 320);
    const before = script.pieces.slice(0, lost).findLastIndex(({ kind }) => kind !== 'concealed');
    const concealed = script.pieces.slice(before + 1, lost);
    expect(concealed.reduce((sum, { length }) => sum + length, 0)).toBe(160);
  });

  it('[I13] conceals less of a stall than it is longer than the delay', () => {
    const delayMs = 100;
    const script = new PlayoutScript({ tuning: { initialDelayMs: delayMs, initialFadeMs: 1e9 } });
    script.run(
      arrivalsOf(150, (number) => stalled(number, 100, 150)),
      2900,
    );
    expect(script.delaysMs[190]).toBeGreaterThanOrEqual(delayMs - 5);
    expect(script.buffer.statistics().insertedSamplesForDeceleration).toBeGreaterThan(16 * 15);
    expect(script.totalMs('concealed')).toBeLessThan(150 - delayMs - 15);
  });
});

describe('the counters', () => {
  it('[I19] account for every sample given out, and tell interruptions from concealment', () => {
    const script = new PlayoutScript({ tuning: AT_ONCE });
    const arrivals = arrivalsOf(400, (number) =>
      number % 90 === 20 ? null : Math.max(stalled(number, 100, 400), stalled(number, 250, 90)),
    );
    script.run(arrivals, 8100);
    const report = script.buffer.statistics();
    const outMs = script.pieces.reduce((sum, { length }) => sum + length, 0);
    expect(report.totalSamplesReceived).toBeGreaterThan(outMs - 1000);
    expect(report.concealedSamples / 16).toBe(script.totalMs('concealed'));
    expect(outMs).toBe(
      report.jitterBufferEmittedCount +
        report.insertedSamplesForDeceleration -
        report.removedSamplesForAcceleration +
        report.concealedSamples,
    );
    expect(report.interruptionCount).toBe(1);
    expect(report.totalInterruptionDuration).toBeGreaterThan(0.15);
    expect(report.totalInterruptionDuration).toBeLessThanOrEqual(0.4);
    expect(report.concealmentEvents).toBeGreaterThan(1);
    expect(report.silentConcealedSamples).toBeGreaterThan(0);
    expect(report.jitterBufferDelay / report.jitterBufferEmittedCount).toBeLessThan(0.5);
    expect(report.jitterBufferTargetDelay).toBeGreaterThan(0);
  });
});
