// A player that never stretches: for tests that compare what was heard sample by sample.

export const RIGID = { settleMs: 0, lowWaterMs: 0 };
