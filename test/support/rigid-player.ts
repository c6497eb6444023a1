// A player that changes no sample and adds none: for tests that compare what was heard with what was said.

export const RIGID = { settleMs: 0, lowWaterMs: 0, conceals: false };
