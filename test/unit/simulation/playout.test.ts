// Streams through the isochronous jitter buffer: a few of those that `npm run simulate` tries, and an oracle that sees faults.

import { expect, it } from 'vitest';
import { noFrames } from '../../../core/jitter/frame-counters.ts';
import type { OutputKind } from '../../../core/jitter/isochronous-buffer.ts';
import { PlayoutOracle, UNTOUCHED } from '../../../simulation/playout/playout-oracle.ts';
import {
  drawPlayoutScenario,
  type PlayoutScenario,
  plainerPlayouts,
} from '../../../simulation/playout/playout-scenario.ts';
import { makeTraffic } from '../../../simulation/playout/playout-traffic.ts';
import { runPlayout, tryPlayout } from '../../../simulation/playout/playout-trial.ts';
import { smallestOf } from '../../../simulation/shrinker.ts';
import { runs } from '../../support/runs.ts';

const CALM: PlayoutScenario = {
  ...drawPlayoutScenario(1),
  rateHz: 16_000,
  frameMs: 20,
  pullMs: 10,
  capacityFrames: 64,
  driftPpm: 0,
  omitsSilence: false,
  jitterMs: 0,
  keepsOrder: true,
  lossShare: 0,
  duplicateShare: 0,
  stalls: [],
  tickLateMs: 0,
  roughMs: 2000,
  cleanMs: 2000,
};

/** Frames 0 to 9 have arrived, but for those left out. */
function watch(...missing: number[]) {
  const traffic = makeTraffic(CALM);
  const oracle = new PlayoutOracle(CALM, traffic);
  for (let frame = 0; frame < 10; frame++)
    if (!missing.includes(frame)) oracle.arrived(frame, 'accepted', 0);
  const play = (kind: OutputKind, from: number, to: number, shift = 0, atMs = 100): void => {
    oracle.made(kind, 160, from, to);
    const out = new Int16Array(160);
    if (kind !== 'silence') out.set(traffic.samples.subarray(from + shift, from + shift + 160));
    oracle.pulled(out, 0, 160, atMs);
  };
  const laws = (): string[] => oracle.violations.list.map(({ law }) => law);
  return { oracle, play, laws };
}

it('[L19][L20][L21][L22][L23][L24] keeps the laws whatever comes', () => {
  for (let seed = 1; seed <= runs(16); seed++)
    expect(tryPlayout(drawPlayoutScenario(seed)).violations, `playout seed ${seed}`).toEqual([]);
});

it('[L25] plays alike again, at another time, and with other numbers', () => {
  for (const seed of [10, 11, 12])
    expect(tryPlayout({ ...drawPlayoutScenario(3), seed }).violations).toEqual([]);
  expect(runPlayout({ ...CALM, seed: 2 }).hash).not.toBe(runPlayout(CALM).hash);
});

it('[I25][I26] gets its delay back where a stall exceeds the capacity, and conceals what came from beyond it', () => {
  // Each breaks a law when the rule is taken out: the target, the reordering, what is given up.
  for (const seed of [57, 12, 14])
    expect(tryPlayout(drawPlayoutScenario(seed)).violations, `playout seed ${seed}`).toEqual([]);
});

it('[L17] makes a stream that fails plainer, and what is left still fails', () => {
  const fails = ({ stalls }: PlayoutScenario): boolean => stalls.some(({ forMs }) => forMs > 100);
  const stalls = [50, 150, 60].map((forMs) => ({ atMs: 500, forMs }));
  const smallest = smallestOf({ ...CALM, stalls, jitterMs: 40 }, plainerPlayouts, fails);
  expect(smallest.stalls).toEqual([{ atMs: 500, forMs: 150 }]);
  expect(smallest.jitterMs).toBe(0);
});

it('[L19] sees a pull that is not filled, that writes too much, or that nobody accounts for', () => {
  for (const [at, value] of [
    [80, UNTOUCHED],
    [161, 0],
  ] as const) {
    const { oracle, laws } = watch();
    // Wider than samples are, as UNTOUCHED is.
    const out = new Int32Array(163).fill(UNTOUCHED) as unknown as Int16Array;
    out.fill(0, 1, 161);
    oracle.pulled(out, 1, 160, 0);
    expect(laws()).toEqual([]);
    out[at] = value;
    oracle.pulled(out, 1, 160, 10);
    expect(laws()).toContain('L19');
  }
  const { oracle, play, laws } = watch();
  play('audio', 0, 160);
  oracle.pulled(new Int16Array(160), 0, 160, 110);
  expect(laws()).toEqual(['L19']);
});

it('[L20] sees what is played again, left out, altered, cut from speech, or was never there', () => {
  const faults: [OutputKind, number, number, number][] = [
    ['audio', 0, 160, 0],
    ['audio', 320, 480, 0],
    ['audio', 160, 320, 2],
    ['audio', 160, 480, 0],
    ['cut', 160, 960, 0],
  ];
  for (const [kind, from, to, shift] of faults) {
    const { play, laws } = watch();
    play('audio', 0, 160);
    expect(laws()).toEqual([]);
    play(kind, from, to, shift);
    expect(laws()).toEqual(['L20']);
  }
  const { play, laws } = watch(0, 1);
  play('audio', 0, 160);
  play('audio', 3200, 3360);
  expect(laws()).toContain('L20');
});

it('[L21] sees a frame that is called by a wrong name, wrong books, and one that is never played', () => {
  const { oracle, play, laws } = watch(5);
  oracle.arrived(3, 'duplicate', 0);
  play('audio', 0, 160);
  expect(laws()).toEqual([]);
  oracle.arrived(3, 'accepted', 0);
  oracle.arrived(5, 'late', 0);
  oracle.counted({ ...noFrames(), received: 3 }, 0);
  oracle.finish({ ...noFrames(), played: 8 }, 1);
  expect(laws()).toEqual(['L21', 'L21', 'L21', 'L21']);
});

it('[L22] sees a backlog above the capacity', () => {
  const { oracle, laws } = watch();
  oracle.counted({ ...noFrames(), received: 10 }, 65);
  expect(laws()).toContain('L22');
});

it('[L23] sees concealment where nothing is missing', () => {
  const { play, laws } = watch();
  play('audio', 0, 160);
  play('concealed', 160, 160);
  expect(laws()).toContain('L23');
});

it('[L24] sees delay that does not return', () => {
  const clean = { ...CALM, cleanMs: 50_000 };
  const traffic = makeTraffic(clean);
  const oracle = new PlayoutOracle(clean, traffic);
  oracle.arrived(0, 'accepted', 0);
  oracle.made('audio', 160, 0, 160);
  oracle.pulled(traffic.samples.slice(0, 160), 0, 160, 47_500);
  expect(oracle.violations.list.map(({ law }) => law)).toEqual(['L24']);
});
