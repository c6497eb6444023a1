import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineTimer } from '../../../durable-objects/runtime/deadline-timer.ts';

const START_MS = 1_000_000;

describe('deadline timer', () => {
  let wakes = 0;
  let timer: DeadlineTimer;

  beforeEach(() => {
    vi.useFakeTimers({ now: START_MS });
    wakes = 0;
    timer = new DeadlineTimer(() => {
      wakes += 1;
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('[D12] wakes by a timer at a near deadline, and rounds up so that it is never early', () => {
    timer.arm(START_MS + 19.2, START_MS);
    expect(timer.isPending).toBe(true);
    vi.advanceTimersByTime(19);
    expect(wakes).toBe(0);
    vi.advanceTimersByTime(1);
    expect(wakes).toBe(1);
    expect(timer.isPending).toBe(false);
  });

  it('[D12] wakes at once for a deadline that has passed', () => {
    timer.arm(START_MS - 500, START_MS);
    vi.advanceTimersByTime(0);
    expect(wakes).toBe(1);
  });

  it('[D12] moves a timer only to be earlier', () => {
    timer.arm(START_MS + 100, START_MS);
    timer.arm(START_MS + 4000, START_MS);
    timer.arm(START_MS + 40, START_MS);
    vi.advanceTimersByTime(40);
    expect(wakes).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(wakes).toBe(1);
  });

  it('[D12] holds no timer for a deadline more than 5 s away', () => {
    timer.arm(START_MS + 5000, START_MS);
    expect(timer.isPending).toBe(true);
    timer.arm(START_MS + 5001, START_MS);
    expect(timer.isPending).toBe(false);
    vi.advanceTimersByTime(20_000);
    expect(wakes).toBe(0);
  });
});
