// Which level holds, and when the scorer that was chosen is too expensive.

import { expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { ScoringLevel, type ScoringLoad } from '../../../core/voice/scoring-level.ts';

const CONFIG = conversationConfig({ overloadMs: 1000, recoveryMs: 2000 });
const NOTHING = { windowsScored: 0, windowsQueued: 0, workUnits: 0 };

function start() {
  const level = new ScoringLevel(CONFIG);
  let windowsSkipped = 0;
  let windowsByEnergy = 0;
  const changes: string[] = [];
  const see = (nowMs: number, seen: Partial<Seen> = {}): void => {
    const {
      waiting = 0,
      mediaMs = nowMs,
      skipped = 0,
      energy = false,
      byEnergy = 0,
      hasRoom = true,
    } = seen;
    windowsSkipped += skipped;
    windowsByEnergy += byEnergy;
    const load: ScoringLoad = {
      position: mediaMs * 16,
      waitingWindows: waiting,
      counters: { ...NOTHING, windowsSkipped, windowsByEnergy },
      scorers: { name: 'any', role: energy ? 'energy' : 'chosen', switches: 0 },
    };
    if (level.observe(load, hasRoom, nowMs)) changes.push(`${level.name} ${nowMs}`);
  };
  return { level, changes, see };
}

interface Seen {
  readonly waiting: number;
  readonly mediaMs: number;
  readonly skipped: number;
  readonly energy: boolean;
  /** Windows that the energy scorer has answered. */
  readonly byEnergy: number;
  readonly hasRoom: boolean;
}

it('[V32] is told at once when it gets worse, and after a while of calm when it gets better', () => {
  const { level, changes, see } = start();
  see(0);
  see(20, { waiting: 1 });
  see(40, { skipped: 1, waiting: 9 });
  expect(changes).toEqual(['queued 20', 'skip 40']);
  see(60, { waiting: 9 });
  expect(level.nextDeadlineMs).toBe(2040);
  see(2039, { waiting: 9 });
  see(2040, { waiting: 3 });
  see(2060);
  see(4039);
  expect(changes.slice(2)).toEqual(['queued 2040']);
  see(level.nextDeadlineMs);
  expect(changes.slice(3)).toEqual(['full 4040']);
  expect(level.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});

it('[V32] does not flicker while windows wait now and then', () => {
  const { changes, see } = start();
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 20)
    see(nowMs, { waiting: nowMs % 100 === 0 ? 2 : 0 });
  expect(changes).toEqual(['queued 0']);
});

it('[V32] says that the energy scorer is in charge', () => {
  const { changes, see } = start();
  see(0, { energy: true, waiting: 4 });
  see(2000);
  expect(changes).toEqual(['energy 0', 'full 2000']);
});

it('[V32] says that the energy scorer answers for one that is away', () => {
  const { level, changes, see } = start();
  see(0);
  see(32, { byEnergy: 1 });
  for (let nowMs = 52; nowMs < 1000; nowMs += 20) see(nowMs, { byEnergy: nowMs % 3 === 0 ? 1 : 0 });
  const restored = new ScoringLevel(CONFIG);
  restored.restore(level.snapshot());
  expect(restored.snapshot()).toEqual(level.snapshot());
  see(5000);
  expect(changes).toEqual(['energy 32', 'full 5000']);
});

it('[V31] finds overload when windows go on waiting and do not get fewer', () => {
  const { level, see } = start();
  for (let nowMs = 0; nowMs < 2000; nowMs += 20)
    see(nowMs, { waiting: 1 + nowMs / 100, hasRoom: false });
  expect(level.isOverloaded).toBe(false);
  see(2000, { waiting: 21, hasRoom: false });
  expect(level.isOverloaded).toBe(true);
});

it('[V31] finds none when the queue shrinks, was empty in between, or the isolate has room', () => {
  const shrinking = start();
  for (let nowMs = 0; nowMs < 6000; nowMs += 20)
    shrinking.see(nowMs, { waiting: 128 - nowMs / 100, hasRoom: false });
  expect(shrinking.level.isOverloaded).toBe(false);
  const emptied = start();
  for (let nowMs = 0; nowMs < 6000; nowMs += 20)
    emptied.see(nowMs, { waiting: nowMs % 900 === 0 ? 0 : 100, hasRoom: false });
  expect(emptied.level.isOverloaded).toBe(false);
  const roomy = start();
  for (let nowMs = 0; nowMs < 6000; nowMs += 20) roomy.see(nowMs, { waiting: 100 });
  expect(roomy.level.isOverloaded).toBe(false);
});

it('[V31] finds none while audio comes faster than time', () => {
  const { level, see } = start();
  for (let nowMs = 0; nowMs < 3000; nowMs += 20)
    see(nowMs, { waiting: 5 + nowMs / 40, mediaMs: nowMs * 1.5, hasRoom: false });
  expect(level.isOverloaded).toBe(false);
  for (let nowMs = 3000; nowMs < 6000; nowMs += 20)
    see(nowMs, { waiting: 80, mediaMs: 1500 + nowMs, hasRoom: false });
  expect(level.isOverloaded).toBe(true);
});

it('[V31] is over when the isolate has had room for a while', () => {
  const { level, see } = start();
  for (let nowMs = 0; nowMs <= 2000; nowMs += 20) see(nowMs, { waiting: 20, hasRoom: false });
  expect(level.isOverloaded).toBe(true);
  for (let nowMs = 2020; nowMs < 6000; nowMs += 20)
    see(nowMs, { energy: true, hasRoom: nowMs !== 3000 && nowMs > 2500 });
  expect(level.isOverloaded).toBe(false);
  const { level: cramped, see: seeCramped } = start();
  for (let nowMs = 0; nowMs <= 2000; nowMs += 20)
    seeCramped(nowMs, { waiting: 20, hasRoom: false });
  for (let nowMs = 2020; nowMs < 20_000; nowMs += 20)
    seeCramped(nowMs, { energy: true, hasRoom: nowMs % 1000 !== 0 });
  expect(cramped.isOverloaded).toBe(true);
});
