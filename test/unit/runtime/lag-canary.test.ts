// The canary, the isolate's histogram and its warning.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IsolateLag, lagWarningMs } from '../../../durable-objects/runtime/isolate-lag.ts';
import { LagCanary } from '../../../durable-objects/runtime/lag-canary.ts';

const PERIOD_MS = 20;

describe('lag canary', () => {
  let nowMs = 1000;
  let timers: { readonly run: () => void; readonly atMs: number }[] = [];
  let warnings: unknown[] = [];
  let isolate: IsolateLag;

  beforeEach(() => {
    nowMs = 1000;
    timers = [];
    warnings = [];
    isolate = new IsolateLag();
    vi.spyOn(console, 'warn').mockImplementation((line: string) => {
      warnings.push(JSON.parse(line));
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const canaryOf = (conversation: string, warningMs = 10) =>
    new LagCanary({
      ...{ isolate, conversation, warningMs, now: () => nowMs },
      startTimer: (run, delayMs) => timers.push({ run, atMs: nowMs + delayMs }),
    });

  /** Runs the pending timer this long after its deadline. */
  const fire = (lateMs: number) => {
    const timer = timers.shift()!;
    nowMs = timer.atMs + lateMs;
    timer.run();
  };

  it('[D22] holds a timer while messages come and 100 ms longer, then none', () => {
    const canary = canaryOf('a');
    expect(timers).toHaveLength(0);
    canary.awake(nowMs);
    canary.awake(nowMs + 5);
    expect(timers).toHaveLength(1);
    let fired = 0;
    for (; timers.length > 0; fired++) fire(0);
    expect(nowMs).toBe(1000 + 105 + 15);
    expect(fired).toBe(6);
    canary.awake(nowMs);
    expect(timers).toHaveLength(1);
  });

  it('[D22] tells the longest lateness since it was last asked, also when a message overtook the timer', () => {
    const canary = canaryOf('a', 1000);
    canary.awake(nowMs);
    fire(3);
    canary.awake(nowMs);
    fire(30);
    expect(canary.takeLateMs()).toBe(30);
    expect(canary.takeLateMs()).toBe(0);
    canary.awake(nowMs);
    nowMs = timers[0]!.atMs + 44;
    canary.began('message', nowMs);
    expect(canary.takeLateMs()).toBe(44);
  });

  it('[D23] counts the lags of all conversations of the isolate in one histogram, and those that clients report', () => {
    const [one, other] = [canaryOf('a', 1000), canaryOf('b', 1000)];
    one.awake(nowMs);
    fire(4);
    timers.length = 0;
    other.awake(nowMs);
    fire(50);
    other.clientLag(200);
    expect(one.lagSummary).toEqual(other.lagSummary);
    expect(one.lagSummary.maxMs).toBe(200);
    expect(one.lagSummary.p50Ms).toBeGreaterThanOrEqual(50);
    expect(one.lagSummary.p50Ms).toBeLessThan(53);
    expect(one.lagSummary.warnings).toBe(0);
  });

  it('[D24] warns of a lag over the limit and names what ran at the deadline, not what came after', () => {
    const canary = canaryOf('a');
    const neighbour = canaryOf('b');
    canary.awake(nowMs);
    canary.began('message', nowMs);
    neighbour.began('burn', nowMs + PERIOD_MS - 1);
    canary.began('message', nowMs + PERIOD_MS + 35);
    fire(36);
    expect(warnings).toEqual([
      {
        ...{ event: 'isolate-lag', lagMs: 36, seenBy: 'timer' },
        ...{ running: 'burn', conversation: 'b', unsaid: 0 },
      },
    ]);
    expect(canary.lagSummary.warnings).toBe(1);
  });

  it('[D24] does not warn of a lag at the limit, and warns once a second at most', () => {
    const canary = canaryOf('a');
    canary.awake(nowMs);
    fire(10);
    expect(warnings).toHaveLength(0);
    for (let times = 0; times < 40; times++) {
      canary.awake(nowMs);
      fire(11);
    }
    // 40 times 31 ms.
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatchObject({ unsaid: 32 });
    expect(canary.lagSummary.warnings).toBe(40);
  });

  it('[D24] warns of a lag that a client has placed in the isolate, and names the conversation alone', () => {
    canaryOf('a').clientLag(80);
    expect(warnings).toMatchObject([
      { lagMs: 80, seenBy: 'client', running: null, conversation: 'a' },
    ]);
  });

  it('[D24] takes the limit from ISOCHRON_LAG_WARNING_MS, 10 ms by default, and refuses what is no duration', () => {
    expect(lagWarningMs({})).toBe(10);
    expect(lagWarningMs({ ISOCHRON_LAG_WARNING_MS: '' })).toBe(10);
    expect(lagWarningMs({ ISOCHRON_LAG_WARNING_MS: '2.5' })).toBe(2.5);
    for (const text of ['0', '-1', 'ten', 'NaN', 5]) {
      expect(() => lagWarningMs({ ISOCHRON_LAG_WARNING_MS: text })).toThrow(
        /ISOCHRON_LAG_WARNING_MS.*above 0/,
      );
    }
  });
});
