// The lead: how it grows, how it follows a player that stretches, and what becomes of slow and silent clients.

import { describe, expect, it } from 'vitest';
import { type BenchOptions, DownlinkBench } from '../../support/downlink-bench.ts';

const SECOND = 16_000;
const FRAME_MS = 20;
const PACKET_BYTES = 652;

describe('the growing lead', () => {
  it('[P27] is leadMs at first, grows by a quarter of what was played, and stops at 2.5 times', () => {
    const bench = new DownlinkBench({
      config: { leadGrowthPct: 25 },
      downMs: () => 0,
      upMs: () => 0,
    });
    bench.speak(20 * SECOND);
    expect(bench.packets.length).toBe(600 / FRAME_MS + 1);
    for (const [atMs, leadMs] of [
      [1000, 850],
      [3000, 1350],
      [3600, 1500],
      [9000, 1500],
    ] as const) {
      bench.run(atMs);
      const aheadMs = bench.packets.length * FRAME_MS - atMs;
      expect(aheadMs).toBeGreaterThan(leadMs - FRAME_MS);
      expect(aheadMs).toBeLessThanOrEqual(leadMs + FRAME_MS);
    }
    expect(bench.player.underruns).toBe(0);
  });

  it('[P27] never leaves faster than 1.25 times real time after the first burst', () => {
    const bench = new DownlinkBench({ config: { leadGrowthPct: 25 } });
    bench.speak(8 * SECOND);
    bench.run(5000);
    const times = bench.packets.map(({ atMs }) => atMs).filter((atMs) => atMs > 0);
    const windows = times.flatMap((atMs, index) =>
      index + 25 < times.length ? [times[index + 25]! - atMs] : [],
    );
    expect(windows.length).toBeGreaterThan(100);
    expect(Math.min(...windows)).toBeGreaterThanOrEqual((25 * FRAME_MS) / 1.25 - FRAME_MS);
  });

  it('[P27] outlasts a stall that a constant lead does not, and is capped in bytes', () => {
    const downMs = (atMs: number) => (atMs >= 5000 && atMs < 6200 ? 6200 - atMs : 20);
    const underruns = [25, 0].map((leadGrowthPct) => {
      const bench = new DownlinkBench({ config: { leadGrowthPct }, downMs });
      bench.speak(10 * SECOND);
      bench.run(15_000);
      return bench.player.underruns;
    });
    expect(underruns).toEqual([0, 1]);
    const capped = new DownlinkBench({ config: { leadGrowthPct: 25, inFlightBytes: 26_080 } });
    capped.speak(20 * SECOND);
    capped.run(9000);
    expect(capped.downlink.leadMs(9000)).toBeLessThanOrEqual((26_080 / PACKET_BYTES) * FRAME_MS);
  });
});

/** Plays 4 s at 0.85 of real time after the first half second, and says so, or not. */
function stretchedLeads(isTold: boolean): number {
  const bench = new DownlinkBench({ isMute: () => true });
  bench.speak(8 * SECOND);
  let most = 0;
  for (let atMs = 200; atMs <= 4400; atMs += 200) {
    const stretchMs = Math.max(0, atMs - 500) * 0.15;
    bench.at(atMs, () => {
      const playedSamples = Math.floor((atMs - stretchMs) * 16);
      const report = {
        generation: 1,
        playedSamples,
        underruns: 0,
        stretchMs: isTold ? stretchMs : 0,
      };
      bench.downlink.report(report, atMs);
      bench.downlink.tick(atMs);
      most = Math.max(most, bench.packets.length * FRAME_MS - playedSamples / 16);
    });
  }
  bench.run(4400);
  return most;
}

describe('a player that stretches', () => {
  it('[P28] has no more ahead of it than before when it says so, and much more when it does not', () => {
    expect(stretchedLeads(true)).toBeLessThanOrEqual(600 + 2 * FRAME_MS + 30);
    expect(stretchedLeads(false)).toBeGreaterThan(800);
  });

  it('[P28] is not believed more than 3 s at once, nor when it takes stretch back', () => {
    for (const stretchMs of [60_000, -60_000]) {
      const bench = new DownlinkBench({ isMute: () => true });
      bench.speak(8 * SECOND);
      bench.run(1000);
      bench.downlink.report(
        { generation: 1, playedSamples: 15_680, underruns: 0, stretchMs },
        1000,
      );
      expect(bench.downlink.leadMs(1000)).toBeCloseTo(bench.packets.length * FRAME_MS - 980, 5);
    }
  });
});

describe('a client that does not play its part', () => {
  it('[P29] is given up 30 s after its last report, and the agent told how far it may have heard', () => {
    const bench = new DownlinkBench({ isMute: (_, atMs) => atMs > 1000 });
    const utterance = bench.speak(10 * SECOND);
    const next = bench.speak(SECOND);
    bench.run(31_000);
    expect(bench.endings).toEqual([]);
    expect(bench.messages.some(({ type }) => type === 'clear')).toBe(false);
    bench.run(36_000);
    expect(bench.messages.some(({ type }) => type === 'clear')).toBe(true);
    expect(bench.endings.map((ending) => [ending.utterance, ending.reason])).toEqual([
      [utterance, 'interrupted'],
      [next, 'interrupted'],
    ]);
    expect(bench.endings[0]!.heard.heardSamples).toBeGreaterThan(0.9 * SECOND);
    expect([bench.downlink.speaking, bench.downlink.nextDeadlineMs]).toEqual([false, Infinity]);
  });

  it('[P29] is not given up while it reports, or while an agent is silent', () => {
    const bench = new DownlinkBench();
    const utterance = bench.begin();
    bench.say(utterance, SECOND);
    bench.run(100_000);
    bench.say(utterance, 40 * SECOND);
    bench.end(utterance);
    bench.run(150_000);
    expect(bench.endings.map(({ reason }) => reason)).toEqual(['completed']);
  });

  /** The most bytes that had left and not arrived, over a way down with these delays. */
  function mostUnderWay(options: BenchOptions): { most: number; bench: DownlinkBench } {
    const bench = new DownlinkBench({ config: { leadGrowthPct: 25 }, ...options });
    let most = 0;
    bench.onPacket = () => {
      most = Math.max(most, (bench.packets.length - bench.player.packets) * PACKET_BYTES);
    };
    bench.speak(12 * SECOND);
    bench.run(29_000);
    return { most, bench };
  }

  it('[P30] has a bounded amount under way when it takes nothing any more', () => {
    const { most } = mostUnderWay({ downMs: (atMs) => (atMs < 4000 ? 20 : 1e6) });
    expect(most).toBeGreaterThan((1500 / FRAME_MS) * PACKET_BYTES);
    // The player reports for as long as it has something to play, and stands still then.
    expect(most).toBeLessThanOrEqual(((1500 + 3000) / FRAME_MS + 1) * PACKET_BYTES);
  });

  it('[P30] has little more than a lead under way when it reads too slowly, and gets all', () => {
    let freeMs = 0;
    const slow = (atMs: number) => {
      freeMs = Math.max(freeMs, atMs) + FRAME_MS / 0.6;
      return freeMs - atMs;
    };
    const { most, bench } = mostUnderWay({ downMs: slow });
    expect(bench.player.underruns).toBeGreaterThan(10);
    expect(most).toBeGreaterThan((600 / FRAME_MS) * PACKET_BYTES);
    expect(most).toBeLessThanOrEqual(((1500 + 1000) / FRAME_MS) * PACKET_BYTES);
    expect(bench.heardOf(1).at(-1)?.to).toBe(12 * SECOND);
  });
});
