// The laws of pacing under any network, any clock, any manner of giving speech.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DownlinkBench } from '../../support/downlink-bench.ts';
import { runs } from '../../support/runs.ts';

const FRAME_SAMPLES = 320;

/** What a clock that is 0.1 % off makes of the 3.2 s that the line is fitted to, and of a report's age: 4 ms. */
const CLOCK_SAMPLES = 64;

const network = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  clockErrorPpm: fc.integer({ min: -800, max: 800 }),
  leadMs: fc.integer({ min: 300, max: 1500 }),
  downMs: fc.integer({ min: 0, max: 60 }),
  upMs: fc.integer({ min: 0, max: 150 }),
  jitterMs: fc.integer({ min: 0, max: 60 }),
  lateMs: fc.integer({ min: 0, max: 80 }),
  /** Samples that the agent gives at a time, and how long it waits then. */
  bursts: fc.array(
    fc.record({
      samples: fc.integer({ min: 1, max: 40_000 }),
      waitMs: fc.integer({ min: 0, max: 400 }),
    }),
    {
      minLength: 2,
      maxLength: 12,
    },
  ),
});

/** A hash of the time, so that delays look random and are the same every time. */
function noise(seed: number, atMs: number, range: number): number {
  const mixed = Math.imul(Math.floor(atMs * 8) ^ seed, 0x9e37_79b1) >>> 0;
  return (mixed % 1000) * (range / 1000);
}

it('[P2] [P4] [P10] keeps the lead, the content and the numbers', () => {
  let checked = 0;
  fc.assert(
    fc.property(
      network,
      ({ seed, clockErrorPpm, leadMs, downMs, upMs, jitterMs, lateMs, bursts }) => {
        const bench = new DownlinkBench({
          clockErrorPpm,
          config: { leadMs, inFlightBytes: 100_000 },
          downMs: (atMs) => downMs + noise(seed, atMs, jitterMs),
          upMs: (atMs) => upMs + noise(seed + 1, atMs, jitterMs),
          lateMs: (atMs) => noise(seed + 2, atMs, lateMs),
        });
        let sentSamples = 0;
        let isConfirmed = false;
        bench.onPacket = (bytes) => {
          if (bytes.length > 12) sentSamples += FRAME_SAMPLES;
          const playedSamples = bench.player.heard.reduce(
            (sum, { samples }) => sum + samples.length,
            0,
          );
          isConfirmed ||= bench.nowMs > 700;
          if (!isConfirmed || bench.player.underruns > 0) return;
          checked++;
          expect(sentSamples - playedSamples).toBeLessThanOrEqual(
            leadMs * 16 + FRAME_SAMPLES + CLOCK_SAMPLES,
          );
        };
        // One utterance begins the run; the rest is given so fast that the player never runs dry.
        let atMs = 0;
        bench.speak(48_000);
        const utterance = bench.begin();
        let given = 0;
        for (const { samples, waitMs } of bursts) {
          atMs += Math.min(waitMs, given / 16);
          bench.at(atMs, () => bench.say(utterance, samples));
          given += samples;
        }
        bench.at(atMs, () => bench.end(utterance));
        bench.run(atMs + given / 16 + 8000);
        expect(bench.heardOf(1)).toEqual([{ from: 0, to: 48_000 }]);
        expect(bench.heardOf(2)).toEqual([{ from: 0, to: given }]);
        expect(bench.endings.map(({ reason }) => reason)).toEqual(['completed', 'completed']);
        expect(bench.player.faults).toBe(0);
      },
    ),
    { seed: 20_260_101, numRuns: runs(60) },
  );
  expect(checked).toBeGreaterThan(1000);
});

it('[P5] never has more bytes under way than the cap, by the estimate', () => {
  let checked = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1920, max: 40_000 }),
      fc.integer({ min: 20, max: 1500 }),
      fc.constantFrom(10 as const, 20 as const, 40 as const),
      (inFlightBytes, leadMs, frameMs) => {
        const bench = new DownlinkBench({
          config: { inFlightBytes, leadMs },
          format: { codec: 'pcm16', rateHz: 16000, frameMs },
        });
        const packetBytes = 12 + 32 * frameMs;
        bench.onPacket = () => {
          checked++;
          const underWay = Math.ceil(bench.downlink.leadMs(bench.nowMs) / frameMs - 1e-9);
          expect(underWay * packetBytes).toBeLessThanOrEqual(inFlightBytes);
        };
        bench.speak(32_000);
        bench.run(9000);
        expect(bench.heardOf(1).at(-1)?.to).toBe(32_000);
      },
    ),
    { seed: 20_260_102, numRuns: runs(40) },
  );
  expect(checked).toBeGreaterThan(1000);
});
