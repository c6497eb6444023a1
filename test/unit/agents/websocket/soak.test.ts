// A long call with a backend in virtual time, and agents with a fault; half an hour in `npm run bench:agents`.

import { describe, expect, it } from 'vitest';
import { soakBackend } from '../../../fakes/backend/backend-soak.ts';
import { BACKEND_SABOTAGES } from '../../../fakes/backend/sabotages.ts';
import { verdictOn } from '../../../fakes/sabotage-case.ts';
import { runs } from '../../../support/runs.ts';

it('[H36] loses and repeats nothing, though its connection breaks again and again, and the memory is lost', () => {
  const report = soakBackend(runs(6));
  expect(report.complaints).toEqual([]);
  expect(report.connections).toBeGreaterThanOrEqual(10);
  expect(report.lostSamples).toBe(0);
});

describe('an agent with a fault is found out by the fake', () => {
  it.each(BACKEND_SABOTAGES)('[H37] that $name', (sabotage) => {
    expect(verdictOn(sabotage)).toBe('caught');
  });
});
