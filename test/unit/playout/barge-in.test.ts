// Hold, release and clear, with answers that are late, crossed or missing.

import { describe, expect, it } from 'vitest';
import type { DownlinkBench as Bench } from '../../support/downlink-bench.ts';
import { DownlinkBench } from '../../support/downlink-bench.ts';

const SECOND = 16_000;

/** The messages of barge-in, in order. */
function stages(bench: Bench): string[] {
  return bench.messages
    .map(({ type }) => type)
    .filter((type) => ['hold', 'release', 'clear'].includes(type));
}

/** Says 0.5 s words with 0.1 s pauses between them. */
function speakWords(bench: Bench, words: number): number {
  const utterance = bench.downlink.begin(true);
  for (let count = 0; count < words; count++) {
    bench.downlink.say(utterance, new Int16Array(0.5 * SECOND).fill(7000));
    bench.downlink.say(utterance, new Int16Array(0.1 * SECOND));
  }
  bench.downlink.end(utterance);
  return utterance;
}

function playedSamples(bench: Bench): number {
  return bench.player.heard.reduce((sum, { samples }) => sum + samples.length, 0);
}

describe('hold and release', () => {
  it('[B1] silences the player and stops sending, and tells no agent', () => {
    const bench = new DownlinkBench();
    bench.speak(3 * SECOND);
    bench.at(1000, () => expect(bench.downlink.hold(1000)).toBe(true));
    bench.run(1000);
    const sent = bench.packets.length;
    bench.run(3000);
    expect(bench.packets.length).toBe(sent);
    expect(bench.messages.at(-1)).toEqual({ type: 'hold', generation: 1 });
    expect([bench.downlink.holding, bench.downlink.speaking, bench.player.isHeld]).toEqual([
      true,
      true,
      true,
    ]);
    expect([bench.endings.length, bench.player.underruns]).toEqual([0, 0]);
  });

  it('[B2] goes on from the last pause', () => {
    const bench = new DownlinkBench();
    speakWords(bench, 5);
    bench.at(1500, () => bench.downlink.hold(1500));
    bench.at(1900, () => bench.downlink.release(1900));
    bench.run(1900);
    const fromSample = 1.2 * SECOND - 320;
    expect(bench.messages.at(-1)).toEqual({ type: 'release', generation: 1, fromSample });
    bench.run(9000);
    const held = 1500 * 16;
    expect(playedSamples(bench)).toBe(3 * SECOND + held - fromSample);
    expect(bench.endings).toMatchObject([
      { reason: 'completed', heard: { heardSamples: 3 * SECOND } },
    ]);
    expect(bench.player.underruns).toBe(0);
  });

  it('[B2] goes on from the held sample where there is no pause', () => {
    const bench = new DownlinkBench();
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.downlink.hold(1000));
    bench.at(1400, () => bench.downlink.release(1400));
    bench.run(6000);
    const held = 1000 * 16;
    expect(bench.heardOf(1)).toEqual([
      { from: 0, to: held },
      { from: held, to: 3 * SECOND },
    ]);
    expect(bench.downlink.statistics).toMatchObject({ holds: 1, releases: 1, clears: 0 });
  });

  it('[B2] does not go back further with every hold', () => {
    const bench = new DownlinkBench({ config: { releaseBackUpMs: 500 } });
    speakWords(bench, 5);
    for (let atMs = 1350; atMs < 2600; atMs += 250) {
      bench.at(atMs, () => bench.downlink.hold(atMs));
      bench.at(atMs + 100, () => bench.downlink.release(atMs + 100));
    }
    bench.run(3000);
    const furthest = bench.messages.map((message) =>
      message.type === 'release' ? message.fromSample : Infinity,
    );
    expect(Math.min(...furthest)).toBe(1.2 * SECOND - 320);
    bench.run(9000);
    expect(bench.endings.length).toBe(1);
  });

  it.each([
    ['late', (atMs: number) => (atMs > 990 ? 700 : 20), false],
    ['missing', () => 20, true],
  ])('[B3] loses nothing when the answer is %s', (_, upMs, isMissing) => {
    const bench = new DownlinkBench({ upMs, isMute: (kind) => isMissing && kind === 'held' });
    bench.speak(3 * SECOND);
    for (const atMs of [1000, 1300]) {
      bench.at(atMs, () => bench.downlink.hold(atMs));
      bench.at(atMs + 200, () => bench.downlink.release(atMs + 200));
    }
    bench.run(8000);
    const stretches = bench.heardOf(1);
    expect(stretches.length).toBe(3);
    for (const [index, { from }] of stretches.entries()) {
      const before = stretches[index - 1]?.to ?? 0;
      expect(from).toBeLessThanOrEqual(before);
      expect(from).toBeGreaterThan(before - 0.2 * SECOND);
    }
    expect(stretches.at(-1)!.to).toBe(3 * SECOND);
    expect(bench.endings).toMatchObject([{ reason: 'completed' }]);
  });

  it('[B3] goes by a report when the answer is missing', () => {
    const bench = new DownlinkBench({ isMute: (kind) => kind === 'held', downMs: () => 100 });
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.downlink.hold(1000));
    bench.at(1500, () => bench.downlink.release(1500));
    bench.run(1500);
    // Silent since 1100 ms, having begun at 100 ms; the report of 1200 ms said so.
    expect(bench.messages.at(-1)).toMatchObject({ type: 'release', fromSample: SECOND });
  });

  it("[B4] has nothing to hold when nothing was said, twice, or against the agent's will", () => {
    const bench = new DownlinkBench();
    const { downlink } = bench;
    expect(downlink.hold(0)).toBe(false);
    const utterance = bench.begin(false);
    expect(downlink.hold(0)).toBe(false);
    bench.say(utterance, SECOND);
    expect([downlink.speaking, downlink.hold(0)]).toEqual([true, false]);
    bench.end(utterance);
    bench.run(3000);
    bench.speak(SECOND);
    expect([downlink.hold(3000), downlink.hold(3000)]).toEqual([true, false]);
    expect(stages(bench)).toEqual(['hold']);
  });

  it('[B5] ends by itself when everything had been played', () => {
    const bench = new DownlinkBench();
    bench.speak(0.5 * SECOND);
    bench.at(530, () => bench.downlink.hold(530));
    bench.run(2000);
    expect(stages(bench)).toEqual(['hold', 'release']);
    expect([bench.downlink.holding, bench.player.isHeld]).toEqual([false, false]);
    expect(bench.endings).toMatchObject([{ reason: 'completed' }]);
    bench.at(2000, () => bench.speak(SECOND));
    bench.run(5000);
    expect(bench.heardOf(1)).toEqual([{ from: 0, to: 0.5 * SECOND }]);
    expect(bench.heardOf(2)).toEqual([{ from: 0, to: SECOND }]);
  });

  it('[B6] clears and sends again on a client that cannot hold', () => {
    const bench = new DownlinkBench({ canHold: false });
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.downlink.hold(1000));
    bench.at(1400, () => bench.downlink.release(1400));
    bench.run(8000);
    const held = 1000 * 16;
    expect(stages(bench)).toEqual(['clear']);
    expect(bench.heardOf(1)).toEqual([
      { from: 0, to: held },
      { from: held, to: 3 * SECOND },
    ]);
    expect([...bench.utteranceOf]).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(bench.endings).toMatchObject([{ reason: 'completed' }]);
    expect(bench.endings.length).toBe(1);
  });

  it('[B6] goes by the reports while the answer to that clear is out', () => {
    const bench = new DownlinkBench({ canHold: false, isMute: (kind) => kind === 'cleared' });
    speakWords(bench, 5);
    bench.at(1500, () => bench.downlink.hold(1500));
    bench.at(1900, () => bench.downlink.release(1900));
    bench.run(9000);
    // Cleared at 1500 ms of content, sent again from 20 ms before the word at 1200 ms.
    expect(playedSamples(bench)).toBe(1.5 * SECOND + 3 * SECOND - (1.2 * SECOND - 320));
    expect(bench.endings).toMatchObject([
      { reason: 'completed', heard: { heardSamples: 3 * SECOND } },
    ]);
  });
});

describe('interrupt', () => {
  it('[B7] sends clear before anything is told, and closes what it drops', () => {
    const bench = new DownlinkBench();
    const utterance = bench.begin();
    bench.say(utterance, 3 * SECOND);
    bench.run(1000);
    bench.log.length = 0;
    bench.downlink.interrupt(1000);
    expect(bench.log).toEqual(['1000 {"type":"clear","generation":1}']);
    expect(bench.say(utterance, 10)).toBe('closed');
    expect([bench.downlink.speaking, bench.downlink.idle]).toEqual([false, false]);
    bench.run(2000);
    expect([bench.endings.length, bench.downlink.idle]).toEqual([1, true]);
  });

  it('[B8] tells exactly what was heard of each utterance', () => {
    const bench = new DownlinkBench({ config: { leadMs: 1000 } });
    bench.speak(8100);
    bench.speak(8100);
    bench.speak(8100);
    bench.at(800, () => bench.downlink.interrupt(800));
    bench.run(3000);
    const [first, second, third] = bench.endings;
    expect(bench.endings.length).toBe(3);
    expect(first).toMatchObject({
      reason: 'completed',
      heard: { heardSamples: 8100, source: 'reported' },
    });
    const heard = bench.heardOf(2)[0]!.to;
    expect(heard).toBeGreaterThan(3000);
    expect(second).toMatchObject({
      reason: 'interrupted',
      heard: { heardSamples: heard, givenSamples: 8100 },
    });
    expect(third).toMatchObject({
      reason: 'interrupted',
      heard: { heardSamples: 0, source: 'reported' },
    });
    expect(second!.atMs).toBe(840);
  });

  it('[B9] tells the estimate when no answer comes', () => {
    const bench = new DownlinkBench({
      isMute: (kind) => kind === 'cleared',
      config: { clearedTimeoutMs: 300 },
    });
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.downlink.interrupt(1000));
    bench.run(1299);
    expect(bench.endings.length).toBe(0);
    bench.run(1300);
    expect(bench.endings).toMatchObject([
      { reason: 'interrupted', heard: { source: 'estimated' } },
    ]);
    const truth = 980 * 16;
    expect(Math.abs(bench.endings[0]!.heard.heardSamples - truth)).toBeLessThanOrEqual(40 * 16);
  });

  it('[B10] passes a late answer on as a correction', () => {
    const bench = new DownlinkBench({
      upMs: (atMs) => (atMs > 1000 ? 900 : 20),
      config: { clearedTimeoutMs: 300 },
    });
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.downlink.interrupt(1000));
    bench.run(5000);
    expect(bench.endings.length).toBe(1);
    expect(bench.endings[0]!.heard.source).toBe('estimated');
    const heardSamples = bench.heardOf(1)[0]!.to;
    expect(bench.corrections).toMatchObject([
      { utterance: 1, heard: { heardSamples, source: 'reported' } },
    ]);
  });

  it('[B11] completes what had been played when the clear came', () => {
    const bench = new DownlinkBench({ downMs: () => 50 });
    bench.speak(8000);
    bench.at(530, () => bench.downlink.interrupt(530));
    bench.run(2000);
    expect(bench.endings).toMatchObject([{ reason: 'completed', heard: { heardSamples: 8000 } }]);
    expect(bench.messages.at(-1)).toMatchObject({ state: 'ended', reason: 'completed' });
  });

  it('[B11] does not complete what the agent had not ended', () => {
    const bench = new DownlinkBench();
    bench.say(bench.begin(), 8000);
    bench.at(1530, () => bench.downlink.interrupt(1530));
    bench.run(3000);
    expect(bench.endings).toMatchObject([{ reason: 'interrupted', heard: { heardSamples: 8000 } }]);
  });

  it('[B12] takes the word of a report that crosses the clear', () => {
    const bench = new DownlinkBench({ isMute: (kind) => kind === 'cleared', upMs: () => 100 });
    bench.speak(8000);
    // Played to the end at 520 ms, reported at 600 ms, here at 700 ms.
    bench.at(650, () => bench.downlink.interrupt(650));
    bench.run(4000);
    expect(bench.endings).toMatchObject([
      { reason: 'completed', heard: { heardSamples: 8000, source: 'reported' } },
    ]);
  });

  it('[B13] cuts claims to what was sent', () => {
    const bench = new DownlinkBench({ isMute: () => true });
    bench.speak(8 * SECOND);
    bench.run(100);
    const sent = bench.packets.length * 320;
    const { downlink } = bench;
    downlink.report({ generation: 1, playedSamples: 7 * SECOND, underruns: 0, stretchMs: 0 }, 100);
    expect(downlink.statistics.claimsClamped).toBe(1);
    downlink.hold(100);
    downlink.held({ generation: 1, playedSamples: 7.5 * SECOND });
    expect(downlink.statistics.claimsClamped).toBe(2);
    downlink.interrupt(120);
    downlink.cleared({ generation: 1, playedSamples: 8 * SECOND });
    expect(downlink.statistics.claimsClamped).toBe(3);
    expect(bench.endings[0]!.heard.heardSamples).toBeLessThanOrEqual(bench.packets.length * 320);
    expect(bench.endings[0]!.heard.heardSamples).toBeGreaterThanOrEqual(sent);
  });

  it('[B14] plays a new utterance without waiting for the answer', () => {
    const bench = new DownlinkBench({ isMute: (kind) => kind === 'cleared' });
    bench.speak(3 * SECOND);
    bench.run(1000);
    bench.downlink.interrupt(1000);
    const sent = bench.packets.length;
    bench.speak(SECOND);
    expect(bench.packets.length).toBe(sent + 31);
    bench.run(1200);
    expect(bench.endings.length).toBe(0);
    expect(bench.heardOf(2)[0]!.to).toBeGreaterThan(0.15 * SECOND);
    bench.run(5000);
    expect(bench.endings.map(({ utterance, reason }) => [utterance, reason])).toEqual([
      [1, 'interrupted'],
      [2, 'completed'],
    ]);
  });

  it('[B15] lets nothing of a cleared generation play, across the wrap', () => {
    const bench = new DownlinkBench({ attachAtStart: false });
    bench.downlink.restore({ sender: { nextGeneration: 65_534, lowestLive: 65_534 } });
    bench.connect(false);
    for (let count = 0; count < 4; count++) {
      bench.speak(2 * SECOND);
      bench.run(bench.nowMs + 500);
      bench.downlink.interrupt(bench.nowMs);
      expect(bench.downlink.lowestLiveGeneration).toBe((65_535 + count) & 0xffff);
      const sent = bench.packets.length;
      bench.run(bench.nowMs + 500);
      expect(bench.packets.length).toBe(sent);
    }
    expect(bench.endings.length).toBe(4);
    for (const { utterance, heard } of bench.endings) {
      expect(bench.heardOf(utterance)).toEqual([{ from: 0, to: heard.heardSamples }]);
    }
  });

  it('[B15] takes the answer to a clear that spans the wrap', () => {
    const bench = new DownlinkBench({ attachAtStart: false });
    bench.downlink.restore({ sender: { nextGeneration: 65_535, lowestLive: 65_535 } });
    bench.connect(false);
    bench.speak(8100);
    bench.speak(8100);
    bench.at(300, () => bench.downlink.interrupt(300));
    bench.run(340);
    expect(bench.messages.at(-3)).toEqual({ type: 'clear', generation: 0 });
    expect(
      bench.endings.map(({ atMs, heard }) => [atMs, heard.heardSamples, heard.source]),
    ).toEqual([
      [340, 4800, 'reported'],
      [340, 0, 'reported'],
    ]);
  });

  it('[B15] does not move the playhead by a report of a cleared generation', () => {
    const bench = new DownlinkBench({ isMute: () => true });
    bench.speak(3 * SECOND);
    bench.run(1000);
    bench.downlink.interrupt(1000);
    bench.speak(3 * SECOND);
    const before = bench.downlink.leadMs(1000);
    bench.downlink.report(
      { generation: 1, playedSamples: 16_000, underruns: 0, stretchMs: 0 },
      1000,
    );
    expect(bench.downlink.leadMs(1000)).toBe(before);
  });

  it('[B16] holds for a client that is away', () => {
    const bench = new DownlinkBench({ config: { clearedTimeoutMs: 5000 } });
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.disconnect());
    bench.at(1200, () => bench.downlink.interrupt(1200));
    bench.at(1300, () => bench.speak(SECOND));
    bench.run(1400);
    expect(bench.downlink.lowestLiveGeneration).toBe(2);
    bench.at(1400, () => bench.connect(true));
    bench.run(1400);
    const heardSamples = bench.heardOf(1)[0]!.to;
    expect(bench.endings).toMatchObject([
      { reason: 'interrupted', heard: { heardSamples, source: 'reported' } },
    ]);
    bench.run(5000);
    expect(bench.heardOf(1)).toEqual([{ from: 0, to: heardSamples }]);
    expect(bench.heardOf(2)).toEqual([{ from: 0, to: SECOND }]);
    expect(stages(bench)).not.toContain('clear');
  });

  it('[B41] hears from a hold that names a generation of before that nothing was heard since', () => {
    for (const isClearAnswered of [true, false]) {
      const bench = new DownlinkBench({ isMute: () => true });
      bench.speak(2 * SECOND);
      bench.at(500, () => bench.downlink.interrupt(500));
      bench.run(600);
      const stopped = { generation: 1, playedSamples: 7000 };
      if (isClearAnswered) bench.downlink.cleared(stopped);
      bench.speak(2 * SECOND);
      bench.run(700);
      bench.downlink.hold(700);
      const estimate = bench.downlink.snapshot().state;
      bench.downlink.held(stopped);
      const answered = { kind: 'held', at: stopped, exact: true };
      expect(bench.downlink.snapshot().state).toMatchObject(isClearAnswered ? answered : estimate!);
      bench.downlink.release(800);
      bench.disconnect();
      bench.connect(false);
      bench.run(4000);
      expect(bench.heardOf(2)).toEqual([{ from: 0, to: 2 * SECOND }]);
    }
  });

  it('[B17] tells at once what an answered hold has said', () => {
    const bench = new DownlinkBench();
    bench.speak(3 * SECOND);
    bench.at(1000, () => bench.downlink.hold(1000));
    bench.at(1500, () => bench.downlink.interrupt(1500));
    bench.run(1500);
    const heard = { heardSamples: 16_000, source: 'reported' };
    expect(bench.endings).toMatchObject([{ reason: 'interrupted', heard, atMs: 1500 }]);
    bench.run(4000);
    expect([bench.endings.length, bench.corrections.length]).toEqual([1, 0]);
    expect(bench.player.isHeld).toBe(false);
  });

  it('[B17] tells at once when nothing had reached the client', () => {
    const bench = new DownlinkBench({ attachAtStart: false });
    bench.speak(SECOND);
    bench.downlink.interrupt(10);
    expect(bench.endings).toMatchObject([
      { reason: 'interrupted', heard: { heardSamples: 0, source: 'reported' } },
    ]);
  });

  it('[B18] spares what the caller may not cut', () => {
    const bench = new DownlinkBench();
    bench.speak(SECOND);
    bench.speak(SECOND, false);
    bench.speak(SECOND);
    bench.at(700, () => bench.downlink.interrupt(700, 'caller'));
    bench.run(900);
    expect(bench.endings.map(({ utterance, reason }) => [utterance, reason])).toEqual([
      [1, 'interrupted'],
    ]);
    bench.at(900, () => bench.downlink.interrupt(900, 'caller'));
    bench.run(6000);
    expect(bench.heardOf(2)).toEqual([{ from: 0, to: SECOND }]);
    expect(bench.heardOf(3)).toEqual([{ from: 0, to: SECOND }]);
    bench.at(6000, () => bench.speak(SECOND, false));
    bench.at(6500, () => bench.downlink.interrupt(6500));
    bench.run(8000);
    expect(bench.endings.map(({ reason }) => reason)).toEqual([
      'interrupted',
      'completed',
      'completed',
      'interrupted',
    ]);
  });

  it('[B18] ends a hold before what the caller may not cut', () => {
    const bench = new DownlinkBench();
    bench.speak(8100);
    bench.speak(SECOND, false);
    bench.at(520, () => expect(bench.downlink.hold(520)).toBe(true));
    bench.run(600);
    expect(bench.endings).toMatchObject([{ utterance: 1, reason: 'completed' }]);
    expect(bench.downlink.holding).toBe(true);
    bench.downlink.interrupt(600, 'caller');
    expect(bench.downlink.holding).toBe(false);
    bench.run(4000);
    expect(bench.endings.map(({ reason }) => reason)).toEqual(['completed', 'completed']);
    expect(bench.heardOf(2).at(-1)!.to).toBe(SECOND);
  });

  it('[B19] stops 7 s that the agent has long given', () => {
    const bench = new DownlinkBench();
    bench.speak(8 * SECOND);
    bench.at(1000, () => bench.downlink.interrupt(1000));
    bench.run(1000);
    const sent = bench.packets.length;
    bench.run(10_000);
    expect(bench.packets.length).toBe(sent);
    expect(bench.heardOf(1)).toEqual([{ from: 0, to: bench.endings[0]!.heard.heardSamples }]);
    expect(bench.endings).toMatchObject([
      { reason: 'interrupted', heard: { heardSamples: 16_000 } },
    ]);
  });
});
