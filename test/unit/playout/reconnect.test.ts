// What a client that comes back gets, and what a new one gets.

import { expect, it } from 'vitest';
import { Downlink } from '../../../core/playout/downlink.ts';
import { HEADER_BYTES } from '../../../core/wire/packet.ts';
import { DownlinkBench, PCM_20 } from '../../support/downlink-bench.ts';

const SECOND = 16_000;

it('[P17] plays an 8 s burst to its end, once, across an outage after 2 s', () => {
  const bench = new DownlinkBench();
  bench.speak(8 * SECOND);
  bench.at(2000, () => bench.disconnect());
  bench.run(2400);
  const sent = bench.packets.length;
  expect(bench.downlink.nextDeadlineMs).toBe(Infinity);
  bench.run(5000);
  expect(bench.packets.length).toBe(sent);
  bench.at(5000, () => bench.connect(true));
  bench.run(13_000);
  expect(bench.heardOf(1)).toEqual([{ from: 0, to: 8 * SECOND }]);
  expect(bench.endings).toMatchObject([{ utterance: 1, reason: 'completed' }]);
  expect(bench.player.faults).toBe(0);
  // What was in the network when the connection broke was sent again, nothing else.
  expect(bench.packets.length - 401).toBeLessThanOrEqual(2);
  expect(new Set(bench.utteranceOf.keys())).toEqual(new Set([1]));
});

it('[P17] keeps playing the buffer through an outage shorter than the lead', () => {
  const bench = new DownlinkBench();
  bench.speak(4 * SECOND);
  bench.at(2000, () => bench.disconnect());
  bench.at(2400, () => bench.connect(true));
  bench.run(6000);
  expect(bench.player.underruns).toBe(0);
  expect(bench.heardOf(1)).toEqual([{ from: 0, to: 4 * SECOND }]);
});

it('[P17] resumes when several generations were under way, wherever it broke', () => {
  for (let brokenMs = 0; brokenMs < 900; brokenMs += 37) {
    const bench = new DownlinkBench({ downMs: () => 100 });
    for (let count = 0; count < 6; count++) bench.speak(1700 + 320 * count);
    bench.at(brokenMs, () => bench.disconnect());
    bench.at(brokenMs + 1500, () => bench.connect(bench.player.packets > 0));
    bench.run(6000);
    for (let count = 0; count < 6; count++) {
      expect(bench.heardOf(count + 1)).toEqual([{ from: 0, to: 1700 + 320 * count }]);
    }
    expect(bench.endings.map(({ reason }) => reason)).toEqual(Array(6).fill('completed'));
    expect(bench.player.faults).toBe(0);
  }
});

it('[P17] goes by the content where the sequence numbers are unknown', () => {
  const bench = new DownlinkBench();
  bench.speak(3 * SECOND);
  const early = structuredClone(bench.downlink.snapshot());
  bench.run(1500);
  bench.downlink.restore(early);
  bench.disconnect();
  bench.connect(true);
  bench.run(5000);
  expect(bench.heardOf(1)).toEqual([{ from: 0, to: 3 * SECOND }]);
  expect(bench.player.faults).toBe(0);
  expect(bench.downlink.statistics.claimsClamped).toBe(0);
});

it('[P18] gives a new player what is unheard, as new generations', () => {
  const bench = new DownlinkBench();
  bench.speak(3 * SECOND);
  bench.speak(SECOND);
  bench.at(2000, () => bench.disconnect());
  bench.at(3000, () => bench.connect(false));
  bench.run(3000);
  const heardBefore = 1980 * 16;
  bench.run(9000);
  // The ramp has no pause there: it goes on at the sample that was heard when the connection broke.
  const [first] = bench.heardOf(1);
  expect(first!.to).toBe(3 * SECOND);
  expect(Math.abs(first!.from - heardBefore)).toBeLessThanOrEqual(50 * 16);
  expect(first!.from).toBeLessThanOrEqual(heardBefore);
  expect(bench.heardOf(2)).toEqual([{ from: 0, to: SECOND }]);
  expect(bench.downlink.lowestLiveGeneration).toBe(2);
  expect(bench.endings.map(({ reason }) => reason)).toEqual(['completed', 'completed']);
});

it('[P18] starts a new player at the last pause', () => {
  const bench = new DownlinkBench();
  const { downlink } = bench;
  const utterance = bench.begin();
  const word = new Int16Array(0.5 * SECOND).fill(7000);
  const gap = new Int16Array(0.1 * SECOND);
  for (let count = 0; count < 6; count++) {
    downlink.say(utterance, word);
    downlink.say(utterance, gap);
  }
  bench.end(utterance);
  bench.at(1500, () => bench.disconnect());
  bench.at(1600, () => bench.connect(false));
  bench.run(8000);
  // Words begin at 0.6 s and 1.2 s; 20 ms of the pause are left.
  const heard = bench.player.heard.reduce((sum, { samples }) => sum + samples.length, 0);
  expect(heard).toBe(3.6 * SECOND - (1.2 * SECOND - 320));
});

it('[P18] sends all of a run that no report has confirmed', () => {
  const bench = new DownlinkBench({ isMute: () => true });
  bench.speak(0.5 * SECOND);
  bench.at(3000, () => bench.disconnect());
  bench.at(4000, () => bench.connect(false));
  bench.run(6000);
  expect(bench.heardOf(1)).toEqual([{ from: 0, to: 0.5 * SECOND }]);
});

it('[P18] sends all of several runs in a row, and of one that was held, when no report has confirmed them', () => {
  const bench = new DownlinkBench({ isMute: () => true });
  bench.speak(0.5 * SECOND);
  bench.at(1500, () => bench.speak(0.5 * SECOND));
  bench.at(1700, () => bench.downlink.hold(1700));
  bench.at(1900, () => bench.downlink.release(1900));
  bench.at(3000, () => bench.disconnect());
  bench.at(4000, () => bench.connect(false));
  bench.run(6000);
  const whole = [{ from: 0, to: 0.5 * SECOND }];
  expect([bench.heardOf(1), bench.heardOf(2)]).toEqual([whole, whole]);
});

it('[P18] believes a client that has more than the service remembers to have sent', () => {
  const bench = new DownlinkBench();
  bench.speak(3 * SECOND);
  bench.run(300);
  const remembered = structuredClone(bench.downlink.snapshot());
  bench.run(2000);
  const { resume } = bench.player;
  bench.downlink = new Downlink(bench.config, bench, bench.spill);
  bench.downlink.restore(remembered);
  bench.downlink.detach(2000);
  bench.downlink.forgetPlayer();
  bench.downlink.attach(PCM_20, true, resume, 2000);
  const [segment] = bench.downlink.snapshot().utterances!;
  expect(segment).toMatchObject({ fromPosition: resume!.playedSamples });
  expect(bench.downlink.statistics.claimsClamped).toBe(0);
});

it('[P19] takes a client with another format for a new player, at the position it reports', () => {
  const bench = new DownlinkBench();
  bench.speak(3 * SECOND);
  bench.run(1000);
  const { resume } = bench.player;
  bench.disconnect();
  const before = bench.packets.length;
  bench.downlink.attach({ codec: 'mulaw', rateHz: 8000, frameMs: 20 }, true, resume, 1000);
  bench.downlink.tick(1000);
  bench.downlink.tick(1000);
  const first = bench.packets[before]!.bytes;
  expect([first.length, first[2]]).toEqual([HEADER_BYTES + 160, 2]);
  expect(bench.downlink.snapshot().segments?.[0]).toMatchObject({
    startPosition: resume.playedSamples,
    ratio: 2,
  });
});

it('[P19] takes a client that names an unused generation for a new player', () => {
  const bench = new DownlinkBench();
  bench.speak(3 * SECOND);
  bench.run(1000);
  bench.disconnect();
  const resume = { generation: 9, playedSamples: 5, receivedSamples: 9, nextSequence: 3 };
  bench.downlink.attach(PCM_20, true, resume, 1000);
  bench.downlink.tick(1000);
  bench.downlink.tick(1000);
  expect(bench.packets.at(-1)!.bytes[2]).toBe(2);
  expect(bench.downlink.statistics.claimsClamped).toBe(1);
});

it('[P22] gives the same µ-law bytes after a resume', () => {
  const format = { codec: 'mulaw', rateHz: 8000, frameMs: 20 } as const;
  const payloads = (isBroken: boolean) => {
    const bench = new DownlinkBench({ format, isMute: () => true });
    const noise = Int16Array.from(
      { length: SECOND },
      (_, index) => ((index * 7919) % 20_011) - 10_000,
    );
    const utterance = bench.downlink.begin(true);
    bench.downlink.say(utterance, noise);
    bench.downlink.end(utterance);
    bench.run(150);
    if (isBroken) {
      bench.downlink.detach(150);
      const resume = {
        generation: 1,
        playedSamples: 100,
        receivedSamples: 10 * 160,
        nextSequence: 10,
      };
      bench.downlink.attach(format, true, resume, 150);
    }
    bench.run(3000);
    const byTimestamp = new Map<number, string>();
    for (const { bytes } of bench.packets) {
      const timestamp = bytes[8]! | (bytes[9]! << 8);
      const payload = bytes.subarray(HEADER_BYTES).join();
      expect(byTimestamp.get(timestamp) ?? payload).toBe(payload);
      byTimestamp.set(timestamp, payload);
    }
    return { byTimestamp, count: bench.packets.length };
  };
  const whole = payloads(false);
  const broken = payloads(true);
  expect(broken.byTimestamp).toEqual(whole.byTimestamp);
  expect(whole.byTimestamp.size).toBe(50);
  expect(broken.count).toBeGreaterThan(whole.count + 20);
});
