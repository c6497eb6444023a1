import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineTimer } from '../../../durable-objects/runtime/deadline-timer.ts';

const START_MS = 1_000_000;

describe('deadline timer', () => {
  const alarms: number[] = [];
  let wakes = 0;
  let timer: DeadlineTimer;

  beforeEach(() => {
    vi.useFakeTimers({ now: START_MS });
    alarms.length = 0;
    wakes = 0;
    timer = new DeadlineTimer({
      alarms: {
        setAlarm: (scheduledMs) => {
          alarms.push(scheduledMs);
          return Promise.resolve();
        },
      },
      wake: () => {
        wakes += 1;
      },
      background: () => undefined,
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('[D12] wakes by a timer at a near deadline, and rounds up so that it is never early', () => {
    timer.arm(START_MS + 19.2, START_MS);
    expect(timer.isNear).toBe(true);
    vi.advanceTimersByTime(19);
    expect(wakes).toBe(0);
    vi.advanceTimersByTime(1);
    expect(wakes).toBe(1);
    expect(timer.isNear).toBe(false);
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

  it('[D12] leaves a deadline more than 5 s away to the alarm, and holds no timer', () => {
    timer.arm(START_MS + 5000, START_MS);
    expect(timer.isNear).toBe(true);
    timer.arm(START_MS + 5001, START_MS);
    expect(timer.isNear).toBe(false);
    expect(alarms.at(-1)).toBe(START_MS + 5001);
    vi.advanceTimersByTime(20_000);
    expect(wakes).toBe(0);
  });

  it('[D12] moves the alarm only to be earlier, until it has fired', () => {
    timer.arm(START_MS + 300_000, START_MS);
    timer.arm(START_MS + 400_000, START_MS);
    timer.arm(START_MS + 200_000, START_MS);
    expect(alarms).toEqual([START_MS + 300_000, START_MS + 200_000]);
    timer.alarmFired();
    timer.arm(START_MS + 400_000, START_MS);
    expect(alarms.at(-1)).toBe(START_MS + 400_000);
  });

  it('[D12] keeps an alarm within a minute behind a timer, and writes it once a minute', () => {
    for (let nowMs = START_MS; nowMs < START_MS + 120_000; nowMs += 20) {
      if (nowMs >= (alarms.at(-1) ?? Number.POSITIVE_INFINITY)) timer.alarmFired();
      timer.arm(nowMs + 20, nowMs);
      vi.advanceTimersByTime(20);
    }
    expect(alarms).toEqual([START_MS + 60_000, START_MS + 120_000]);
    expect(wakes).toBe(6000);
  });

  it('[D12] sets nothing when there is no deadline', () => {
    timer.arm(Number.POSITIVE_INFINITY, START_MS);
    expect(timer.isNear).toBe(false);
    expect(alarms).toEqual([]);
  });
});
