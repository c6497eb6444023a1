// The clock of the virtual sound device.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BlockClock } from '../../../client/node/block-clock.ts';

let nowMs = 0;
let deadlines: number[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  nowMs = 1000.5;
  deadlines = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const clockOf = () =>
  new BlockClock(
    () => nowMs,
    (deadlineMs) => deadlines.push(deadlineMs),
  );

function pass(durationMs: number): void {
  nowMs += durationMs;
  vi.advanceTimersByTime(durationMs);
}

it('[X5] calls each block once, at absolute deadlines, however late its timers are', () => {
  const clock = clockOf();
  clock.start(nowMs);
  pass(9);
  expect(deadlines).toEqual([]);
  for (let index = 0; index < 20; index++) pass(7);
  expect(deadlines).toEqual(Array.from({ length: 14 }, (_, index) => 1010.5 + 10 * index));
  // A stretch in which nothing could run.
  nowMs += 95;
  vi.advanceTimersByTime(10);
  expect(deadlines).toHaveLength(24);
  expect(deadlines.at(-1)).toBe(1240.5);
  clock.stop();
});

it('[X5] makes up at once for what is due when it is asked to, and calls nothing once stopped', () => {
  const clock = clockOf();
  clock.catchUp();
  clock.start(nowMs);
  nowMs += 35;
  clock.catchUp();
  clock.catchUp();
  expect(deadlines).toEqual([1010.5, 1020.5, 1030.5]);
  clock.stop();
  pass(100);
  clock.catchUp();
  expect(deadlines).toHaveLength(3);
});
