// Long calls with the fake, and wrong adapters that it must find out; half an hour in `npm run bench:agents`.

import { describe, expect, it } from 'vitest';
import { holdGeminiCall } from '../../../fakes/gemini-live/gemini-call.ts';
import { soak } from '../../../fakes/gemini-live/gemini-soak.ts';
import { GEMINI_SABOTAGES } from '../../../fakes/gemini-live/sabotages.ts';
import { verdictOn } from '../../../fakes/sabotage-case.ts';
import { runs } from '../../../support/runs.ts';

const SEED = 20261122;
const MINUTE_MS = 60_000;

describe('Gemini Live, for long', () => {
  it('[GL22] loses and repeats no sample over all its connections', () => {
    const report = soak({ lengthMs: runs(5) * MINUTE_MS, seed: SEED });
    expect(report.complaints).toEqual([]);
    expect(report.turns).toBeGreaterThan(30);
    expect(report.interruptions).toBeGreaterThan(4);
    expect(report.connections).toBeGreaterThan(3);
  });

  it('[GL22] nor does it with transparent resumption', () => {
    const report = soak({
      lengthMs: runs(3) * MINUTE_MS,
      seed: SEED,
      agent: { resumption: 'transparent' },
      fake: { platform: 'agent-platform', updateEveryMs: 700 },
    });
    expect(report.complaints).toEqual([]);
    expect(report.connections).toBeGreaterThan(2);
  });
});

describe('Gemini Live, behind the engine', () => {
  it.each([
    ['while the vendor generates', 1.2],
    ['after it has generated', 20],
  ])(
    '[GL26] an answer cut short %s stops at once, and the model is told what was heard',
    (_when, speed) => {
      const figures = holdGeminiCall({ cutInMs: 1000, speed });
      expect(Math.floor(figures.addedMs[0]! / 20)).toBe(0);
      expect(figures.commitToWireMs).toHaveLength(2);
      expect(Math.max(...figures.commitToWireMs)).toBeLessThan(40);
      expect(figures.heardErrorMs).toHaveLength(1);
      expect(figures.heardErrorMs[0]).toBeLessThanOrEqual(20);
      expect(figures.violations).toEqual([]);
    },
  );
});

describe('A wrong adapter is found out', () => {
  it.each(GEMINI_SABOTAGES)('[GL23] that $name', (sabotage) => {
    expect(verdictOn(sabotage)).toBe('caught');
  });
});
