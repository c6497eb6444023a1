// The stream that a scenario sends, packet by packet, and when each of them arrives.

import { type Random, randomOf } from '../random.ts';
import { FIRST_SPEECH, markedSentences } from '../watermark.ts';
import type { PlayoutScenario } from './playout-scenario.ts';

/** Times are whole parts of a millisecond of this size: sums with another origin are the same to the last bit. */
const TIME_STEPS_PER_MS = 64;

/** A copy comes so much later at most. */
const COPY_LATER_MS = 200;

/** Everything that was sent. Positions are samples of `samples`; frames are numbered by their sequence numbers from 0. */
export interface Traffic {
  readonly samples: Int16Array;
  readonly frameSamples: number;
  /** Where each frame begins. */
  readonly positions: readonly number[];
  /** In their order; a frame that was lost is not among them, one that was doubled is there twice. */
  readonly arrivals: readonly { readonly frame: number; readonly atMs: number }[];
  /** When a sample comes at the earliest, ms since the stream began. */
  readonly earliestMs: (position: number) => number;
}

export function makeTraffic(scenario: PlayoutScenario): Traffic {
  const { rateHz, frameMs, driftPpm, roughMs, cleanMs } = scenario;
  const frameSamples = (rateHz * frameMs) / 1000;
  const count = Math.floor((roughMs + cleanMs) / frameMs);
  const samples = markedSentences(FIRST_SPEECH + (scenario.seed % 1000), count * frameSamples);
  const samplesPerMs = (rateHz / 1000) * (1 + driftPpm / 1e6);
  const earliestMs = (position: number): number => position / samplesPerMs;
  const positions: number[] = [];
  for (let index = 0; index < count; index++) {
    const from = index * frameSamples;
    if (scenario.omitsSilence && isZero(samples, from, from + frameSamples)) continue;
    positions.push(from);
  }
  const sentAtMs = positions.map(earliestMs);
  return { samples, frameSamples, positions, arrivals: arrivalsOf(scenario, sentAtMs), earliestMs };
}

export function isZero(samples: Int16Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (samples[index] !== 0) return false;
  return true;
}

/** A time on the grid that survives another origin. */
export function onGrid(timeMs: number): number {
  return Math.ceil(timeMs * TIME_STEPS_PER_MS) / TIME_STEPS_PER_MS;
}

function arrivalsOf(scenario: PlayoutScenario, sentAtMs: readonly number[]): Traffic['arrivals'] {
  const { roughMs, jitterMs, keepsOrder, duplicateShare } = scenario;
  const random = randomOf(scenario.seed);
  const isLost = lossOf(scenario, random);
  const arrivals: { frame: number; atMs: number }[] = [];
  let lastMs = 0;
  for (const [frame, sentMs] of sentAtMs.entries()) {
    const isRough = sentMs < roughMs;
    const lost = isLost() && isRough;
    const delayMs = random() * jitterMs;
    const copied = random() < duplicateShare;
    const copyMs = random() * COPY_LATER_MS;
    if (lost) continue;
    const freeMs = isRough ? afterStalls(scenario, sentMs + delayMs) : sentMs;
    lastMs = keepsOrder ? Math.max(lastMs, freeMs) : freeMs;
    arrivals.push({ frame, atMs: onGrid(lastMs) });
    if (copied && isRough) arrivals.push({ frame, atMs: onGrid(lastMs + copyMs) });
  }
  return arrivals.sort((one, other) => one.atMs - other.atMs || one.frame - other.frame);
}

function afterStalls({ stalls }: PlayoutScenario, atMs: number): number {
  let freeMs = atMs;
  for (const stall of stalls) {
    const isHeld = atMs >= stall.atMs && atMs < stall.atMs + stall.forMs;
    if (isHeld) freeMs = Math.max(freeMs, stall.atMs + stall.forMs);
  }
  return freeMs;
}

/** Loss in runs: the chain of Gilbert, 1960. */
function lossOf({ lossShare, lossRun }: PlayoutScenario, random: Random): () => boolean {
  const toGood = 1 / lossRun;
  const toBad = (toGood * lossShare) / (1 - lossShare);
  let isBad = false;
  return () => {
    isBad = isBad ? random() >= toGood : random() < toBad;
    return isBad;
  };
}
