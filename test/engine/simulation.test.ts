// Whole conversations in virtual time: a few of the many that `npm run simulate` tries.

import { expect, it } from 'vitest';
import { MUTANTS } from '../../simulation/mutants.ts';
import { readNamedCases } from '../../simulation/named-case.ts';
import { runScenario } from '../../simulation/run.ts';
import { seedTasks, tryOnThreads } from '../../simulation/run-pool.ts';
import type { Scenario } from '../../simulation/scenario.ts';
import { drawScenario } from '../../simulation/scenarios.ts';
import { shrink } from '../../simulation/shrinker.ts';
import type { Task } from '../../simulation/simulation-worker.ts';
import { tryScenario } from '../../simulation/trial.ts';
import { runs } from '../support/runs.ts';

/** A draw that has talks and faults. */
const EVENTFUL = drawScenario(3);

it('[L1][L2][L3][L4][L5][L6][L7][L10][L11][L12][L13][L14][L15] keeps the laws whatever happens', () => {
  for (let seed = 3; seed < 3 + runs(6); seed++) {
    const scenario = drawScenario(seed);
    expect(runScenario(scenario).violations, `seed ${seed}`).toEqual([]);
  }
});

it('[L8][L9][L16] runs alike again, at another time, and restored from its snapshots', () => {
  for (const seed of [0, 1, 2]) {
    const scenario: Scenario = { ...drawScenario(20 + seed), durationMs: 20_000 };
    expect(tryScenario(scenario).violations, `seed ${seed}`).toEqual([]);
  }
  const { hash } = runScenario({ ...EVENTFUL, durationMs: 8000 });
  expect(runScenario({ ...EVENTFUL, durationMs: 8000, seed: 4 }).hash).not.toBe(hash);
});

it('[L17] makes a failing scenario smaller, and what is left still fails', () => {
  let tried = 0;
  const fails = ({ faults, talks }: Scenario): boolean => {
    tried++;
    return faults.some(({ kind }) => kind === 'cut') && talks.length >= 2;
  };
  const scenario: Scenario = {
    ...EVENTFUL,
    faults: [
      { kind: 'burn', atMs: 1000, forMs: 100 },
      { kind: 'cut', atMs: 2000, forMs: 300, noticedMs: 100, isHalfOpen: true },
      { kind: 'reload', atMs: 3000 },
    ],
    talks: [1000, 2000, 3000, 4000].map((atMs) => ({ atMs, forMs: 500 })),
  };
  expect(fails(scenario)).toBe(true);
  const smallest = shrink(scenario, fails);
  expect(fails(smallest)).toBe(true);
  expect(smallest.faults).toEqual([
    { kind: 'cut', atMs: 2000, forMs: 37, noticedMs: 0, isHalfOpen: false },
  ]);
  expect(smallest.talks).toHaveLength(2);
  expect(tried).toBeLessThan(400);
});

it('[L18] keeps the laws where they were broken once', () => {
  const cases = readNamedCases();
  expect(cases.length).toBeGreaterThan(0);
  for (const { name, scenario } of cases)
    expect(tryScenario(scenario).violations, name).toEqual([]);
});

it('[L18] catches a mutant', async () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
  const caught: Task[] = [];
  await tryOnThreads({
    mutant: 'the player ignores a hold',
    tasks: seedTasks(1, 20),
    workers: 1,
    stop: new AbortController().signal,
    result: ({ task, violations }) => {
      if (violations.length > 0) caught.push(task);
      return violations.length > 0;
    },
  });
  expect(caught).toHaveLength(1);
});
