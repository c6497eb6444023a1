// Cascades with a fault in them, each of which must be found out; and a long call with one without.

import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../../fakes/sabotage-case.ts';
import { WORKERS_AI_SABOTAGES } from '../../../fakes/workers-ai/sabotages.ts';
import { soak } from '../../../fakes/workers-ai/workers-ai-soak.ts';
import { runs } from '../../../support/runs.ts';

describe('A cascade that', () => {
  it.each(WORKERS_AI_SABOTAGES)('[WA23] $name is found out', (sabotage) => {
    expect(verdictOn(sabotage)).toBe('caught');
  });
});

it('[WA22] loses no sample of the caller, no turn, and remembers what was heard', () => {
  const report = soak({ lengthMs: runs(6) * 60_000, seed: 3 });
  expect(report.complaints).toEqual([]);
  expect(report.turns).toBeGreaterThan(35);
  expect(report.interruptions).toBeGreaterThan(6);
  expect(report.tools).toBeGreaterThan(2);
});
