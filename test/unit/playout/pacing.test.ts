// When frames leave, what they bear, and when an utterance is over.

import { describe, expect, it } from 'vitest';
import { Downlink } from '../../../core/playout/downlink.ts';
import {
  FLAG_FIRST,
  FLAG_LAST,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
} from '../../../core/wire/packet.ts';
import { DownlinkBench } from '../../support/downlink-bench.ts';

const SECOND = 16_000;
const FRAME_MS = 20;

function headerOf(bytes: Uint8Array): PacketHeader {
  const header = new PacketHeader();
  expect(readHeader(bytes, header)).toBe('ok');
  return header;
}

/** Content really played by now, in samples. */
function played(bench: DownlinkBench): number {
  return bench.player.heard.reduce((sum, { samples }) => sum + samples.length, 0);
}

describe('deadlines', () => {
  it('[P1] sends a lead and a frame at once, then a frame for each one played', () => {
    const bench = new DownlinkBench({ config: { leadMs: 600 } });
    bench.at(1000, () => bench.speak(3 * SECOND));
    bench.run(1000);
    expect(bench.packets.length).toBe(600 / FRAME_MS + 1);
    expect(bench.downlink.nextDeadlineMs).toBe(1000 + FRAME_MS);
    bench.run(1000 + FRAME_MS - 0.01);
    expect(bench.packets.length).toBe(31);
    bench.run(1000 + FRAME_MS);
    expect(bench.packets.length).toBe(32);
  });

  it('[P3] sends what is owed after a late tick, and not more', () => {
    const bench = new DownlinkBench({ isMute: () => true });
    const { downlink } = bench;
    bench.speak(3 * SECOND);
    const atOnce = bench.packets.length;
    bench.nowMs = 299;
    downlink.tick(299);
    expect(bench.packets.length).toBe(atOnce + Math.floor(299 / FRAME_MS));
    expect(downlink.nextDeadlineMs).toBe(300);
  });

  it('[P3] has sent as much after ten minutes of late ticks as with punctual ones', () => {
    const sent = [() => 0, (deadlineMs: number) => Math.floor(deadlineMs * 7) % 50].map(
      (lateMs) => {
        const bench = new DownlinkBench({ lateMs, config: { queueSeconds: 700 } });
        bench.speak(601 * SECOND);
        bench.run(600_000);
        bench.downlink.tick(600_000);
        expect(bench.player.underruns).toBe(0);
        return bench.packets.length;
      },
    );
    expect(sent[0]).toBeGreaterThan(30_000);
    expect(Math.abs(sent[0]! - sent[1]!)).toBeLessThanOrEqual(1);
  });

  it('[P5] keeps the packets under way below the cap on bytes', () => {
    const bench = new DownlinkBench({ config: { leadMs: 1500, inFlightBytes: 10_000 } });
    bench.speak(3 * SECOND);
    const packetBytes = HEADER_BYTES + 2 * 320;
    expect(bench.packets.length).toBe(Math.floor(10_000 / packetBytes));
    bench.run(1000);
    expect(bench.packets.length).toBeGreaterThan(45);
    const underWay = Math.ceil(bench.downlink.leadMs(1000) / FRAME_MS);
    expect(underWay * packetBytes).toBeLessThanOrEqual(10_000);
  });

  it('[P5] lets one packet through that is larger than the cap', () => {
    const format = { codec: 'pcm16', rateHz: 16000, frameMs: 60 } as const;
    const bench = new DownlinkBench({ format, config: { inFlightBytes: 1920 } });
    bench.speak(SECOND);
    expect(bench.packets.length).toBe(1);
    bench.run(5000);
    expect(bench.endings.length).toBe(1);
  });

  it('[P23] gives a whole lead to speech that comes after the player has run dry', () => {
    const bench = new DownlinkBench();
    const utterance = bench.begin();
    bench.say(utterance, SECOND);
    bench.run(4000);
    const before = bench.packets.length;
    expect(before).toBe(50);
    bench.say(utterance, 2 * SECOND);
    expect(bench.packets.length).toBe(before + 31);
  });

  it('[P24] wants no tick while there is nothing to send', () => {
    const bench = new DownlinkBench();
    expect(bench.downlink.nextDeadlineMs).toBe(Infinity);
    bench.speak(SECOND);
    expect(bench.downlink.nextDeadlineMs).toBeLessThan(Infinity);
    bench.run(3000);
    expect(bench.downlink.nextDeadlineMs).toBe(Infinity);
    expect(bench.downlink.idle).toBe(true);
  });

  it('[P24] wants no tick on a new Downlink without a client, whatever was said', () => {
    const bench = new DownlinkBench({ attachAtStart: false });
    bench.speak(SECOND);
    expect(bench.downlink.nextDeadlineMs).toBe(Infinity);
    expect(bench.downlink.idle).toBe(false);
  });
});

describe('the estimated playhead', () => {
  it.each([500, -500])(
    '[P6] follows a clock that is %i ppm fast for ten minutes',
    (clockErrorPpm) => {
      const bench = new DownlinkBench({ clockErrorPpm, config: { queueSeconds: 700 } });
      bench.speak(620 * SECOND);
      bench.run(20_000);
      for (let atMs = 30_000; atMs <= 600_000; atMs += 10_000) {
        bench.run(atMs);
        const aheadMs = (bench.packets.length * 320 - played(bench)) / 16;
        // The network holds 20 ms of the lead on the way out, and reports are 20 ms old.
        expect(Math.abs(aheadMs - (600 + 10 - 20))).toBeLessThan(1.5 * FRAME_MS);
      }
      expect(bench.player.underruns).toBe(0);
    },
  );

  it('[P7] goes on through a second without reports', () => {
    const upMs = (atMs: number) => (atMs >= 2000 && atMs < 3000 ? 3020 - atMs : 20);
    const bench = new DownlinkBench({ upMs });
    bench.speak(6 * SECOND);
    bench.run(2000);
    const before = bench.packets.length;
    bench.run(3000);
    expect(bench.packets.length).toBe(before + 50);
    bench.run(9000);
    expect(bench.player.underruns).toBe(0);
    expect(bench.heardOf(1)).toEqual([{ from: 0, to: 6 * SECOND }]);
  });

  it('[P8] stops 3 s after the last report, and goes on with the next', () => {
    const isMute = (_: string, atMs: number) => atMs > 1000 && atMs < 8000;
    const bench = new DownlinkBench({ isMute, config: { leadMs: 100, playheadHoldMs: 3000 } });
    bench.speak(10 * SECOND);
    bench.run(7990);
    // The report of 1000 ms said 980 ms and came at 1020: the playhead ends at 3980 ms.
    expect(bench.packets.length).toBe((3980 + 100) / FRAME_MS + 1);
    // Only to see whether the client still listens.
    expect(bench.downlink.nextDeadlineMs).toBe(1020 + 30_000);
    bench.run(8100);
    expect(bench.downlink.nextDeadlineMs).toBeLessThan(Infinity);
    bench.run(20_000);
    expect(bench.endings.length).toBe(1);
  });

  it('[P8] stops as well when no report ever came', () => {
    const bench = new DownlinkBench({
      isMute: () => true,
      config: { leadMs: 100, playheadHoldMs: 1000 },
    });
    bench.speak(10 * SECOND);
    bench.run(9000);
    expect(bench.packets.length).toBe((1000 + 100) / FRAME_MS + 1);
    expect(bench.downlink.speaking).toBe(true);
  });

  it('[P20] follows a player that had nothing to play, and tops it up again', () => {
    const downMs = (atMs: number) => (atMs >= 2000 && atMs < 3000 ? 3000 - atMs : 20);
    const bench = new DownlinkBench({ downMs, config: { leadMs: 200 } });
    bench.speak(8 * SECOND);
    bench.run(3500);
    expect(bench.player.underruns).toBe(1);
    expect(bench.downlink.leadMs(3500)).toBeLessThanOrEqual(200 + FRAME_MS);
    const aheadMs = (bench.packets.length * 320 - played(bench)) / 16;
    expect(aheadMs).toBeLessThanOrEqual(200 + FRAME_MS);
    bench.run(12_000);
    expect(bench.player.underruns).toBe(1);
  });

  it('[P21] does not take a report from before a release for one after it', () => {
    const bench = new DownlinkBench({ upMs: () => 150 });
    const silence = new Int16Array(SECOND / 4);
    const utterance = bench.begin();
    bench.say(utterance, 1.8 * SECOND);
    bench.downlink.say(utterance, silence);
    bench.downlink.say(utterance, new Int16Array(4 * SECOND).fill(9000));
    bench.end(utterance);
    bench.at(2500, () => bench.downlink.hold(2500));
    bench.at(2900, () => bench.downlink.release(2900));
    bench.run(2900);
    const before = bench.packets.length;
    // The player goes back by 450 ms; only when that is made good does the next frame leave.
    bench.run(3300);
    expect(bench.messages.some(({ type }) => type === 'release')).toBe(true);
    expect(bench.packets.length).toBe(before);
    bench.run(3500);
    expect(bench.packets.length).toBeGreaterThan(before);
  });
});

describe('packets', () => {
  it('[P4] keeps part of a frame until more comes, and fills up the last one', () => {
    const bench = new DownlinkBench();
    const utterance = bench.begin();
    bench.say(utterance, 500);
    expect(bench.packets.length).toBe(1);
    bench.say(utterance, 139);
    expect(bench.packets.length).toBe(1);
    bench.say(utterance, 1);
    expect(bench.packets.length).toBe(2);
    bench.say(utterance, 7);
    bench.end(utterance);
    expect(bench.packets.length).toBe(3);
    bench.run(1000);
    expect(bench.heardOf(utterance)).toEqual([{ from: 0, to: 647 }]);
    expect(played(bench)).toBe(3 * 320);
  });

  it('[P9] marks the first and the last packet', () => {
    const bench = new DownlinkBench();
    bench.speak(1000);
    expect(bench.packets.map(({ bytes }) => headerOf(bytes).flags)).toEqual([
      FLAG_FIRST,
      0,
      0,
      FLAG_LAST,
    ]);
    bench.speak(10);
    expect(headerOf(bench.packets.at(-1)!.bytes).flags).toBe(FLAG_FIRST | FLAG_LAST);
  });

  it('[P9] ends with an empty packet when the end is known late', () => {
    const bench = new DownlinkBench();
    const utterance = bench.begin();
    bench.say(utterance, 640);
    bench.run(1000);
    bench.end(utterance);
    const { bytes } = bench.packets.at(-1)!;
    expect(bytes.length).toBe(HEADER_BYTES);
    expect(headerOf(bytes)).toMatchObject({ flags: FLAG_LAST, sequence: 2, timestamp: 640 });
    bench.run(2000);
    expect(bench.endings).toMatchObject([{ utterance, reason: 'completed' }]);
  });

  it('[P9] sends nothing of an utterance without speech', () => {
    const bench = new DownlinkBench();
    bench.speak(1500);
    const empty = bench.speak(0);
    expect(bench.endings.length).toBe(0);
    bench.run(1000);
    expect(bench.endings.map(({ utterance, reason }) => [utterance, reason])).toEqual([
      [1, 'completed'],
      [empty, 'completed'],
    ]);
    expect(bench.packets.length).toBe(5);
    expect(bench.messages.filter((message) => message.type === 'utterance').length).toBe(2);
  });

  it('[P10] numbers on across generations, and counts content from 0 in each', () => {
    const bench = new DownlinkBench();
    bench.speak(630);
    bench.speak(630);
    const headers = bench.packets.map(({ bytes }) => headerOf(bytes));
    expect(
      headers.map(({ generation, sequence, timestamp }) => [generation, sequence, timestamp]),
    ).toEqual([
      [1, 0, 0],
      [1, 1, 320],
      [2, 2, 0],
      [2, 3, 320],
    ]);
    expect(bench.messages).toEqual([
      { type: 'utterance', state: 'started', utterance: 1, generation: 1, interruptible: true },
      { type: 'utterance', state: 'started', utterance: 2, generation: 2, interruptible: true },
    ]);
  });

  it('[P10] wraps both serial numbers', () => {
    const bench = new DownlinkBench({ attachAtStart: false });
    bench.downlink.restore({
      sender: { nextGeneration: 65_535, lowestLive: 65_535, sequence: 0xffff_fffd },
    });
    bench.connect(false);
    for (let count = 0; count < 3; count++) bench.speak(630);
    bench.run(2000);
    const headers = bench.packets.map(({ bytes }) => headerOf(bytes));
    expect(headers.map(({ generation }) => generation)).toEqual([65_535, 65_535, 0, 0, 1, 1]);
    expect(headers.map(({ sequence }) => sequence)).toEqual([
      0xffff_fffd, 0xffff_fffe, 0xffff_ffff, 0, 1, 2,
    ]);
    expect(bench.endings.map(({ reason }) => reason)).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
    expect(bench.player.faults).toBe(0);
  });

  it('[P11] offers the state for storing before anything bears a new generation', () => {
    const bench = new DownlinkBench();
    bench.speak(640);
    expect(bench.log[0]).toBe('commit 2');
    const stored: unknown[] = [];
    const spill = bench.spill;
    const listener = {
      commit: () => {
        stored.push(downlink.snapshot().sender?.nextGeneration);
        downlink.stored();
        return true;
      },
      sendAudio: () => {},
      sendControl: () => {},
      utteranceEnded: () => {},
      heardCorrected: () => {},
    };
    const downlink = new Downlink(bench.config, listener, spill);
    downlink.attach({ codec: 'pcm16', rateHz: 16000, frameMs: 20 }, true, undefined, 0);
    downlink.say(downlink.begin(true), new Int16Array(640));
    expect(stored).toEqual([]);
    downlink.tick(0);
    expect(stored).toEqual([2]);
  });
});

describe('the end of an utterance', () => {
  it('[P12] comes when the client has reported it played', () => {
    const bench = new DownlinkBench();
    bench.speak(6390);
    bench.run(390);
    expect(bench.packets.length).toBe(20);
    expect([bench.downlink.speaking, bench.endings.length]).toEqual([true, 0]);
    bench.run(700);
    expect(bench.downlink.speaking).toBe(false);
    const heard = { utterance: 1, heardSamples: 6390, givenSamples: 6390, source: 'reported' };
    expect(bench.endings).toMatchObject([{ utterance: 1, reason: 'completed', heard, atMs: 620 }]);
    expect(bench.messages.at(-1)).toMatchObject({
      state: 'ended',
      reason: 'completed',
      heardSamples: 6390,
    });
  });

  it('[P12] is proven by a report from a later generation', () => {
    const bench = new DownlinkBench({ isMute: () => true });
    bench.speak(1600);
    bench.speak(1600);
    bench.run(150);
    bench.downlink.report({ generation: 2, playedSamples: 5, underruns: 0, stretchMs: 0 }, 150);
    bench.downlink.tick(150);
    bench.downlink.tick(150);
    expect(bench.endings.map(({ utterance }) => utterance)).toEqual([1]);
  });

  it('[P12] lets the agent speak again from inside the call', () => {
    const bench = new DownlinkBench();
    bench.onEnding = ({ utterance }) => {
      if (utterance < 3) bench.speak(3200);
    };
    bench.speak(3200);
    bench.run(5000);
    expect(bench.endings.map(({ utterance, reason }) => [utterance, reason])).toEqual([
      [1, 'completed'],
      [2, 'completed'],
      [3, 'completed'],
    ]);
  });
});
