// What may be computed in one event, and in one isolate.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ISOLATE_BURST_UNITS,
  ISOLATE_UNITS_PER_MS,
  WorkLedger,
} from '../../../core/voice/work-ledger.ts';

const WINDOW_UNITS = 354;
const EVENT_UNITS = 4 * WINDOW_UNITS;

/** Takes windows until one is refused. */
function takeAll(ledger: WorkLedger, units = WINDOW_UNITS, mostPerEvent = EVENT_UNITS): number {
  let windows = 0;
  while (ledger.take(units, mostPerEvent)) windows++;
  return windows;
}

it('[V27] allows four windows of the kernel in an event, and many more of the energy scorer', () => {
  const ledger = new WorkLedger();
  ledger.enter(1000);
  expect(takeAll(ledger)).toBe(4);
  ledger.enter(1000);
  expect(takeAll(ledger, 2)).toBe(708);
});

it('[V27] allows one window that costs more than an event may spend, and then nothing until that is earned', () => {
  const ledger = new WorkLedger();
  ledger.enter(0);
  expect(takeAll(ledger, 90_000)).toBe(1);
  ledger.enter(20);
  expect(takeAll(ledger)).toBe(0);
  ledger.enter(21);
  expect(takeAll(ledger, 90_000)).toBe(1);
});

it('[V27] earns nothing from a clock that lags behind, or stands still', () => {
  const ledger = new WorkLedger(1000, 1000);
  ledger.enter(50);
  expect(ledger.take(1000, 1000)).toBe(true);
  for (const nowMs of [50, 20, 50]) {
    ledger.enter(nowMs);
    expect(takeAll(ledger)).toBe(0);
  }
  ledger.enter(51);
  expect(ledger.take(1000, 1000)).toBe(true);
});

it('[V27] has room again when half of a burst is earned', () => {
  const ledger = new WorkLedger(10, 1000);
  ledger.enter(0);
  expect(ledger.hasRoom).toBe(true);
  ledger.take(900, 1000);
  ledger.enter(39);
  expect(ledger.hasRoom).toBe(false);
  ledger.enter(40);
  expect(ledger.hasRoom).toBe(true);
});

it('[V27] holds the isolate to its rate over any time, whoever asks', () => {
  let busiest = 0;
  const event = fc.record({
    waitMs: fc.constantFrom(0, 0, 0, 0, 1, 5),
    units: fc.constantFrom(2, 354, 354, 5000),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 200, maxLength: 400, size: 'max' }), (events) => {
      const ledger = new WorkLedger();
      let nowMs = 0;
      let spent = 0;
      for (const { waitMs, units } of events) {
        nowMs += waitMs;
        ledger.enter(nowMs);
        const windows = takeAll(ledger, units);
        expect(ledger.eventUnits).toBe(windows * units);
        expect(ledger.eventUnits).toBeLessThanOrEqual(Math.max(EVENT_UNITS, units));
        spent += windows * units;
        const most = ISOLATE_BURST_UNITS + ISOLATE_UNITS_PER_MS * nowMs;
        expect(spent).toBeLessThan(most + 5000);
        busiest = Math.max(busiest, spent / most);
      }
    }),
    { seed: 27, numRuns: 50 },
  );
  expect(busiest).toBeGreaterThan(0.9);
});
