// A long call with OpenAI Realtime in virtual time; half an hour of it in `npm run bench:agents`.

import { expect, it } from 'vitest';
import { soakOpenAi } from '../../../fakes/openai-realtime/openai-soak.ts';
import { runs } from '../../../support/runs.ts';

it('[OR27] answers every turn once, tells every cut within a millisecond, loses nothing, and is objected to never', () => {
  const report = soakOpenAi(runs(5));
  expect(report.complaints).toEqual([]);
  expect(report.turns).toBeGreaterThan(30);
  expect(report.truncations).toBeGreaterThan(12);
  expect(report.sessions).toBeGreaterThan(1);
  expect(report.lostSamples).toBe(0);
});
