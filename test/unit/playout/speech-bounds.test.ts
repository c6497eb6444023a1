// How much speech may wait, where it is kept, and what happens at the bounds.

import { describe, expect, it } from 'vitest';
import { PauseFinder } from '../../../core/playout/pause-finder.ts';
import { BLOCK_SAMPLES, SpeechQueue } from '../../../core/playout/speech-queue.ts';
import { MemorySpill } from '../../../simulation/memory-spill.ts';
import { DownlinkBench, rampSpeech } from '../../support/downlink-bench.ts';

const SECOND = 16_000;

describe('the speech line', () => {
  it('[P13] hears a burst of 60 s to its end, with a bounded spill and memory', () => {
    const bench = new DownlinkBench();
    bench.speak(60 * SECOND);
    expect(bench.spill.blocks.size).toBe(Math.floor((60 * SECOND) / BLOCK_SAMPLES));
    bench.run(30_000);
    // Half is heard: what is more than 2.06 s behind is gone, to a block.
    expect(Math.min(...bench.spill.blocks.keys())).toBe(
      Math.floor(((29.76 - 2.06) * SECOND) / BLOCK_SAMPLES),
    );
    bench.run(62_000);
    expect(bench.heardOf(1)).toEqual([{ from: 0, to: 60 * SECOND }]);
    expect(bench.player.underruns).toBe(0);
    expect(bench.spill.blocks.size).toBe(0);
    // Each block is read once, but for those that were still in memory.
    expect(bench.spill.reads).toBeGreaterThan(40);
    expect(bench.spill.reads).toBeLessThanOrEqual(58);
  });

  it('[P13] hears a burst of 8 s without reading the spill', () => {
    const bench = new DownlinkBench();
    bench.speak(8 * SECOND);
    bench.run(10_000);
    expect(bench.heardOf(1)).toEqual([{ from: 0, to: 8 * SECOND }]);
    expect(bench.spill.reads).toBe(0);
  });

  it('[P13] gives back across blocks what was appended in any pieces, also after a restore', () => {
    const spill = new MemorySpill();
    const queue = new SpeechQueue(spill);
    const speech = rampSpeech(0, 12 * BLOCK_SAMPLES + 77);
    for (let at = 0; at < speech.length; at += 4999) queue.append(speech.subarray(at, at + 4999));
    const restored = new SpeechQueue(spill);
    restored.restore(structuredClone(queue.snapshot()));
    for (const each of [queue, restored]) {
      const copy = new Int16Array(speech.length + 10);
      expect(each.copyTo(3, copy, 0, copy.length)).toBe(speech.length - 3);
      expect(copy.subarray(0, speech.length - 3)).toEqual(speech.subarray(3));
    }
    expect(queue.snapshot().tail?.length).toBe(77);
  });

  it('[P16] ends an utterance whose speech is lost, and plays the next', () => {
    const bench = new DownlinkBench();
    bench.speak(30 * SECOND);
    bench.speak(SECOND);
    bench.spill.blocks.delete(3);
    bench.run(20_000);
    expect(bench.endings.map(({ utterance, reason }) => [utterance, reason])).toEqual([
      [1, 'cancelled'],
      [2, 'completed'],
    ]);
    // Whole frames of the first three blocks.
    expect(bench.heardOf(1)).toEqual([
      { from: 0, to: Math.floor((3 * BLOCK_SAMPLES) / 320) * 320 },
    ]);
    expect(bench.heardOf(2)).toEqual([{ from: 0, to: SECOND }]);
    expect(bench.player.faults).toBe(0);
  });
});

describe('the hard cap', () => {
  it('[P14] cancels an utterance that outgrows it, and plays what was accepted', () => {
    const bench = new DownlinkBench({ config: { queueSeconds: 3 } });
    const utterance = bench.begin();
    expect(bench.say(utterance, 3 * SECOND)).toBe('accepted');
    expect(bench.say(utterance, 1)).toBe('full');
    expect(bench.say(utterance, 1)).toBe('closed');
    expect(bench.endings.length).toBe(0);
    bench.run(7000);
    expect(bench.heardOf(utterance)).toEqual([{ from: 0, to: 3 * SECOND }]);
    expect(bench.endings).toMatchObject([
      { utterance, reason: 'cancelled', heard: { heardSamples: 3 * SECOND } },
    ]);
    expect(bench.downlink.statistics).toMatchObject({
      utterancesCancelled: 1,
      utterancesCompleted: 0,
    });
  });

  it('[P14] ends it at the last pause', () => {
    const bench = new DownlinkBench({ config: { queueSeconds: 5 } });
    const { downlink } = bench;
    const utterance = bench.begin();
    const loud = new Int16Array(4 * SECOND).fill(8000);
    downlink.say(utterance, loud);
    downlink.say(utterance, new Int16Array(1600));
    downlink.say(utterance, loud.subarray(0, 8000));
    expect(downlink.say(utterance, loud)).toBe('full');
    bench.run(8000);
    const pauseEnd = 4 * SECOND + 1600;
    expect(bench.endings[0]!.heard.heardSamples).toBe(pauseEnd - 320);
  });

  it('[P14] counts only what is not heard yet', () => {
    const bench = new DownlinkBench({ config: { queueSeconds: 5 } });
    const utterance = bench.begin();
    bench.say(utterance, 5 * SECOND);
    bench.run(3000);
    expect(bench.say(utterance, 2 * SECOND)).toBe('accepted');
    expect(bench.say(utterance, 2 * SECOND)).toBe('full');
  });

  it('[P15] refuses utterance 257', () => {
    const bench = new DownlinkBench({ attachAtStart: false });
    for (let count = 0; count < 256; count++) bench.speak(10);
    const refused = bench.begin();
    expect(bench.say(refused, 10)).toBe('full');
    expect(bench.say(refused, 10)).toBe('closed');
    expect(bench.downlink.statistics).toMatchObject({
      utterancesStarted: 257,
      utterancesCancelled: 1,
    });
    bench.connect(false);
    bench.run(10_000);
    expect(bench.endings.length).toBe(256);
    expect(bench.player.faults).toBe(0);
    expect(bench.speak(10)).toBe(258);
    bench.run(11_000);
    expect(bench.endings.length).toBe(257);
  });
});

describe('pauses', () => {
  const loud = (samples: number) => new Int16Array(samples).fill(6000);

  function lineOf(...parts: Int16Array[]): SpeechQueue {
    const queue = new SpeechQueue(new MemorySpill());
    for (const part of parts) queue.append(part);
    return queue;
  }

  it('[P26] are left 20 ms before their end', () => {
    const finder = new PauseFinder(lineOf(loud(8000), new Int16Array(800), loud(1600)));
    expect(finder.pauseBefore(10_400, 0)).toBe(8800 - 320);
  });

  it('[P26] are at least 50 ms long', () => {
    const finder = new PauseFinder(lineOf(loud(8000), new Int16Array(640), loud(1760)));
    expect(finder.pauseBefore(10_400, 0)).toBe(10_400);
  });

  it('[P26] are the last ones, and not before the lowest position', () => {
    const finder = new PauseFinder(
      lineOf(loud(1600), new Int16Array(1600), loud(1600), new Int16Array(1600), loud(3200)),
    );
    expect(finder.pauseBefore(9600, 0)).toBe(6400 - 320);
    expect(finder.pauseBefore(9600, 6400)).toBe(9600);
  });

  it('[P26] may be noisy, 24 dB below the loudest', () => {
    const noise = (level: number) => new Int16Array(1600).fill(level);
    expect(new PauseFinder(lineOf(loud(3200), noise(370), loud(1600))).pauseBefore(6400, 0)).toBe(
      4480,
    );
    expect(new PauseFinder(lineOf(loud(3200), noise(380), loud(1600))).pauseBefore(6400, 0)).toBe(
      6400,
    );
  });
});
