// The latest and the earliest packet since an echo.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PacketArrivals } from '../../../core/conversation/packet-arrivals.ts';

const RATE_HZ = 8000;
const FRAME_SAMPLES = 160;

it('[C28] finds the packets that came latest and earliest by their timestamps, across the wrap, by a plain search', () => {
  const clocks = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 });
  const first = fc.integer({ min: 0, max: 0xffff_ffff });
  let wrapped = 0;
  const law = fc.property(clocks, first, (gapsMs, firstTimestamp) => {
    const arrivals = new PacketArrivals();
    expect([arrivals.latest, arrivals.earliest]).toEqual([null, null]);
    let clockMs = 500;
    const ahead = gapsMs.map((gapMs, index) => {
      clockMs += gapMs;
      const timestamp = (firstTimestamp + index * FRAME_SAMPLES) >>> 0;
      if (timestamp < firstTimestamp) wrapped++;
      arrivals.came(index, timestamp, RATE_HZ, clockMs);
      return { sequence: index, clockMs, aheadMs: index * 20 - clockMs };
    });
    const latest = ahead.reduce((best, each) => (each.aheadMs < best.aheadMs ? each : best));
    const earliest = ahead.reduce((best, each) => (each.aheadMs > best.aheadMs ? each : best));
    expect(arrivals.latest).toEqual({ sequence: latest.sequence, clockMs: latest.clockMs });
    expect(arrivals.earliest).toEqual({ sequence: earliest.sequence, clockMs: earliest.clockMs });
    arrivals.restart();
    expect(arrivals.latest).toBeNull();
  });
  fc.assert(law, { seed: 11, numRuns: 200, examples: [[[10, 30, 10], 0xffff_ffff]] });
  expect(wrapped).toBeGreaterThan(0);
});
