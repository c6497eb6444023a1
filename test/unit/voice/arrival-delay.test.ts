// How late audio is, by its own time.

import { expect, it } from 'vitest';
import { ArrivalDelay } from '../../../core/voice/arrival-delay.ts';

it('[V34] is told against the fastest, whatever the origins of the clocks', () => {
  const delay = new ArrivalDelay();
  expect(delay.take(0, 1_000_000)).toBe(0);
  expect(delay.take(20, 1_000_050)).toBe(30);
  expect(delay.take(40, 1_000_030)).toBe(0);
  expect(delay.take(60, 1_000_060)).toBe(10);
});

it('[V34] shows a pile of audio as late until its end', () => {
  const delay = new ArrivalDelay();
  delay.take(0, 0);
  const late = Array.from({ length: 100 }, (_, index) => delay.take((index + 1) * 20, 2000));
  expect(late[0]).toBe(1980);
  expect(late.filter((lateMs) => lateMs >= 100)).toHaveLength(95);
  expect(late.at(-1)).toBe(0);
});

it('[V34] gets used to a delay that stays, within four seconds', () => {
  const delay = new ArrivalDelay();
  delay.take(0, 0);
  const lateMs = (nowMs: number) => delay.take(nowMs - 500, nowMs);
  expect(lateMs(1000)).toBe(500);
  for (let nowMs = 1020; nowMs < 4100; nowMs += 20) lateMs(nowMs);
  expect(lateMs(4100)).toBe(0);
});

it('[V34] goes on from a snapshot', () => {
  const delay = new ArrivalDelay();
  delay.take(0, 0);
  delay.take(1900, 2500);
  const after = new ArrivalDelay();
  after.restore(structuredClone(delay.snapshot()));
  expect(after.take(1920, 2520)).toBe(600);
});
