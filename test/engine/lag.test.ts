// Where a lag comes from: computations in the isolate and stalls of the network, told apart by the client alone.

import { describe, expect, it } from 'vitest';
import type { Report } from '../../core/wire/messages.ts';
import { randomOf } from '../../simulation/random.ts';
import type { IsolateClock } from '../support/isolate-world.ts';
import { LagCall } from '../support/lag-call.ts';

const KINDS = ['burn', 'stall up', 'stall down', 'stall both ways', 'nothing'] as const;
const CALLS = 20;
const INCIDENTS = 10;
const SPACING_MS = 3000;

/** What happened in 20 calls with ten incidents each, and in how many cases the client was right about it. */
interface Tally {
  readonly cases: number;
  readonly burns: number;
  readonly right: number;
  /** Burns that were blamed on the network. */
  readonly burnsMissed: number;
}

/** Jitter alone may rise to a lag of the network. A stall that delayed no echo was not seen, and counts as wrong. */
function isRight(kind: (typeof KINDS)[number], cause: Report['lagCause']): boolean {
  if (kind === 'nothing') return cause !== 'isolate';
  return cause === (kind === 'burn' ? 'isolate' : 'network');
}

function tally(clock: IsolateClock, hasCanary = true): Tally {
  const counted = { cases: 0, burns: 0, right: 0, burnsMissed: 0 };
  for (let seed = 1; seed <= CALLS; seed++) {
    const random = randomOf(seed);
    const call = new LagCall({ clock, random, agentSpeaks: seed % 2 === 0, hasCanary });
    for (let incident = 1; incident <= INCIDENTS; incident++) {
      const kind = KINDS[Math.floor(KINDS.length * random())]!;
      const beginsMs = SPACING_MS * incident + Math.floor(1000 * random());
      const durationMs = 50 + Math.floor(351 * random());
      call.world.runTo(beginsMs);
      if (kind === 'burn') call.isolate.burn(durationMs);
      if (kind === 'stall up' || kind === 'stall both ways') call.up.stall(durationMs);
      if (kind === 'stall down' || kind === 'stall both ways') call.down.stall(durationMs);
      call.world.runTo(beginsMs + 1900);
      const { lagCause } = call.longestLag(beginsMs, beginsMs + 1900);
      counted.cases++;
      if (kind === 'burn') counted.burns++;
      if (isRight(kind, lagCause)) counted.right++;
      else if (kind === 'burn') counted.burnsMissed++;
    }
  }
  return counted;
}

describe.each(['real', 'deployed'] as const)('under a clock as it is when %s', (clock) => {
  it('[K23] tells burns from stalls of 50 to 400 ms, and both from nothing, in at least 95 % of 200 cases', () => {
    const { cases, burns, right } = tally(clock);
    expect(cases).toBe(200);
    expect(burns).toBeGreaterThan(20);
    expect(right).toBeGreaterThanOrEqual(0.95 * cases);
  });
});

it('[K23] cannot tell them where no timer holds back the clock: the canary is what shows a burn', () => {
  const { burns, burnsMissed } = tally('deployed', false);
  expect(burnsMissed).toBeGreaterThan(burns / 4);
});
