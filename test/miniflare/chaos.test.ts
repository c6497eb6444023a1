// A very short run of the fault harness: one turn, two callers, one of whom nothing happens to.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleService, ChaoticService } from '../../chaos/chaotic-service.ts';
import { holdUnderFault } from '../../chaos/conversation.ts';
import { expectationOf } from '../../chaos/references.ts';
import { readScenes } from '../../chaos/scene.ts';
import { settle } from '../../chaos/settlement.ts';
import { Tally } from '../../chaos/tally.ts';

let service: ChaoticService;

beforeAll(async () => {
  service = await ChaoticService.start(await bundleService());
});
afterAll(() => service?.stop());

describe('a conversation under fault', () => {
  it('[E12] is what an uninterrupted one is, and so is its recording', async () => {
    const [scene] = await readScenes(['brief']);
    const tally = new Tally();
    const hold = (faultIntervalMs: number | null) =>
      holdUnderFault({
        service,
        scene: scene!,
        seed: 11,
        faultIntervalMs,
        kinds: ['socket-cut', 'abort', 'duplicate-packets', 'eviction-while-away'],
        failsBucket: false,
        happened: (name) => tally.happened(name),
        stop: new AbortController().signal,
      });
    const [calm, broken] = await Promise.all([hold(null), hold(1200)]);
    const expectation = expectationOf(scene!, calm);
    expect(expectation.turns).toHaveLength(1);
    settle(calm, scene!, expectation, tally);
    settle(broken, scene!, expectation, tally);
    expect(tally.failures).toEqual([]);
    expect(tally.sums).toMatchObject({ turnsExpected: 2, turnsTold: 2, turnsToldTwice: 0 });
    expect(tally.eventCount).toBeGreaterThan(2);
    expect(tally.sums.reconnections).toBeGreaterThan(0);
  });
});
