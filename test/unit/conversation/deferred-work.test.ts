// Jobs that wait for silence, and not beyond their deadlines.

import { expect, it } from 'vitest';
import { DeferredWork } from '../../../core/conversation/deferred-work.ts';

function start() {
  const done: string[] = [];
  const work = new DeferredWork({
    sweep: () => done.push('sweep'),
    polish: () => done.push('polish'),
  });
  return { work, done };
}

it('[C33] does what waits as soon as it is quiet, once', () => {
  const { work, done } = start();
  work.defer('polish', 500);
  work.run(false, 100);
  expect(done).toEqual([]);
  work.run(true, 110);
  work.run(true, 120);
  expect(done).toEqual(['polish']);
  expect(work.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});

it('[C33] does each job at its deadline, whatever happens; one that waits keeps the earlier', () => {
  const { work, done } = start();
  work.defer('sweep', 500);
  work.defer('sweep', 900);
  work.defer('polish', 700);
  expect(work.nextDeadlineMs).toBe(500);
  work.run(false, 499);
  expect(done).toEqual([]);
  work.run(false, 500);
  expect(done).toEqual(['sweep']);
  expect(work.nextDeadlineMs).toBe(700);
});

it('[C33] forgets a job that was done by other means', () => {
  const { work, done } = start();
  work.defer('sweep', 500);
  work.cancel('sweep');
  work.run(true, 600);
  expect(done).toEqual([]);
});

it('[C33][S1] goes on from a snapshot', () => {
  const { work } = start();
  work.defer('sweep', 500);
  const { work: after, done } = start();
  after.restore(structuredClone(work.snapshot()));
  after.run(false, 500);
  expect(done).toEqual(['sweep']);
});
