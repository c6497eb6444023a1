// The paced source on traced networks, and that it can fail.

import { expect, it } from 'vitest';
import { pacedRow } from '../../../bench/jitter/paced.ts';
import { TRACE_GENERATORS } from '../../../bench/jitter/trace-generators.ts';

const MINUTE_FRAMES = 3000;
const CLEAN = [TRACE_GENERATORS.clean(MINUTE_FRAMES, 101)];
const WIFI = [TRACE_GENERATORS.wifi(MINUTE_FRAMES, 101)];

it('[P31] plays every utterance without a gap, and soon', async () => {
  for (const traces of [CLEAN, WIFI]) {
    const row = await pacedRow(traces, 1.3);
    expect(row.utterances).toBeGreaterThan(35);
    expect(row.withGapPct).toBe(0);
    expect(row.startDelayMeanMs).toBeLessThanOrEqual(60);
    // It can: in its first second the buffer is below the mark.
    expect(row.insertedPct).toBeGreaterThan(0);
    expect(row.insertedPct).toBeLessThanOrEqual(3);
    expect(row.slowestRate).toBeGreaterThanOrEqual(0.8);
  }
});

it('[P31] shows gaps when the lead is forced to 40 ms, and more without an elastic player', async () => {
  const config = { leadMs: 40, leadGrowthPct: 0 };
  const elastic = await pacedRow(WIFI, 2, { config });
  const rigid = await pacedRow(WIFI, 2, { config, player: { settleMs: 0, lowWaterMs: 0 } });
  expect(elastic.withGapPct).toBeGreaterThan(50);
  expect(rigid.withGapPct).toBeGreaterThanOrEqual(elastic.withGapPct);
  expect(rigid).toMatchObject({ insertedPct: 0, withHeldPausePct: 0 });
});
