import { describe, expect, it } from 'vitest';
import { type AlarmHandler, Alarms } from '../../../durable-objects/runtime/alarms.ts';

const START_MS = 1_000_000;

/** Alarms whose settings and calls are noted. */
function notedAlarms(handlers: { readonly flush?: AlarmHandler; readonly idle?: AlarmHandler }) {
  const set: number[] = [];
  const calls: string[] = [];
  const failed: string[] = [];
  const noted =
    (name: string, handler: AlarmHandler = () => {}): AlarmHandler =>
    (nowMs) => {
      calls.push(name);
      return handler(nowMs);
    };
  const alarms = new Alarms(
    {
      setAlarm: (atMs) => set.push(atMs),
      failed: (name) => failed.push(name),
    },
    { flush: noted('flush', handlers.flush), idle: noted('idle', handlers.idle) },
  );
  return { alarms, set, calls, failed };
}

describe('many deadlines on one alarm', () => {
  it('[D38] sets the alarm to the earliest, and moves it only to be earlier', () => {
    const { alarms, set } = notedAlarms({});
    alarms.settle(START_MS);
    expect(set).toEqual([]);
    alarms.want('idle', START_MS + 300_000);
    alarms.want('flush', START_MS + 5000.2);
    alarms.settle(START_MS);
    expect(set).toEqual([START_MS + 5001]);
    alarms.want('flush', START_MS + 9000);
    alarms.settle(START_MS + 10);
    alarms.want('flush', Number.POSITIVE_INFINITY);
    alarms.settle(START_MS + 20);
    expect(set).toEqual([START_MS + 5001]);
    alarms.want('idle', START_MS + 2000);
    alarms.settle(START_MS + 30);
    expect(set).toEqual([START_MS + 5001, START_MS + 2000]);
  });

  it('[D38] finds a later deadline when it fires, and calls only whose time has come', async () => {
    const { alarms, set, calls } = notedAlarms({});
    alarms.want('idle', START_MS + 300_000);
    alarms.want('flush', START_MS + 5000);
    alarms.settle(START_MS);
    alarms.want('flush', START_MS + 8000);
    alarms.settle(START_MS + 4000);
    await alarms.fired(START_MS + 5003);
    expect(calls).toEqual([]);
    expect(set).toEqual([START_MS + 5000, START_MS + 8000]);
    await alarms.fired(START_MS + 8000);
    await alarms.fired(START_MS + 8000);
    expect(calls).toEqual(['flush']);
    expect(set.at(-1)).toBe(START_MS + 300_000);
  });

  it('[D38] moves the alarm to be later when the object is about to sleep, if there is nothing to wake for', () => {
    const { alarms, set } = notedAlarms({});
    alarms.want('idle', START_MS + 300_000.5);
    alarms.want('flush', START_MS + 15_000);
    alarms.settle(START_MS);
    alarms.want('flush', Number.POSITIVE_INFINITY);
    alarms.settle(START_MS + 5000, true);
    alarms.settle(START_MS + 5010, true);
    expect(set).toEqual([START_MS + 15_000, START_MS + 300_001]);
  });

  it('[D38] never sets an alarm to the present or the past, where the runtime might lose it', async () => {
    const { alarms, set } = notedAlarms({
      flush: (nowMs) => alarms.want('flush', nowMs),
    });
    alarms.want('flush', START_MS - 1000);
    alarms.settle(START_MS);
    await alarms.fired(START_MS + 10);
    expect(set.map((atMs, index) => atMs > START_MS + 10 * index)).toEqual([true, true]);
  });

  it('[D39] catches what a handler throws, calls the others, and comes back later and later', async () => {
    let isBroken = true;
    const { alarms, set, calls, failed } = notedAlarms({
      flush: async () => {
        if (isBroken) throw new Error('R2 is down.');
      },
    });
    alarms.want('flush', START_MS);
    alarms.want('idle', START_MS);
    const waits: number[] = [];
    let nowMs = START_MS;
    for (let times = 0; times < 12; times++) {
      await alarms.fired(nowMs);
      waits.push(set.at(-1)! - nowMs);
      nowMs = set.at(-1)!;
    }
    expect(calls.slice(0, 3)).toEqual(['flush', 'idle', 'flush']);
    expect(failed).toHaveLength(12);
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits.at(-1)).toBe(300_000);
    isBroken = false;
    await alarms.fired(nowMs);
    expect(failed).toHaveLength(12);
    isBroken = true;
    alarms.want('flush', nowMs);
    await alarms.fired(nowMs);
    expect(set.at(-1)! - nowMs).toBe(1000);
  });

  it('[D39] a deadline that a handler wants before it throws is kept when it is earlier', async () => {
    const { alarms, set } = notedAlarms({
      flush: (nowMs) => {
        alarms.want('flush', nowMs + 300);
        throw new Error('Not now.');
      },
    });
    alarms.want('flush', START_MS);
    await alarms.fired(START_MS);
    expect(set).toEqual([START_MS + 300]);
  });

  it('[D40] sets an alarm again that did not come', () => {
    const { alarms, set } = notedAlarms({});
    alarms.want('flush', START_MS + 1000);
    alarms.settle(START_MS);
    alarms.settle(START_MS + 6000);
    expect(set).toHaveLength(1);
    alarms.settle(START_MS + 6001);
    expect(set).toHaveLength(2);
    expect(set[1]).toBeGreaterThan(START_MS + 6001);
  });
});
