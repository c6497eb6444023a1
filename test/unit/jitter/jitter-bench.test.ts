// What the jitter benchmark measures with: its traces, its meter, its bounds and its command line.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJitterOptions } from '../../../bench/jitter/jitter-options.ts';
import { rowOf } from '../../../bench/jitter/jitter-row.ts';
import { hullMeanMs } from '../../../bench/jitter/neteq-anchors.ts';
import { PlayoutMeter } from '../../../bench/jitter/playout-meter.ts';
import {
  bestFixedDelayMs,
  cursorPlayer,
  leastSpurtDelayMs,
} from '../../../bench/jitter/references.ts';
import { speechLoop } from '../../../bench/jitter/speech-loop.ts';
import { readTraceFile } from '../../../bench/jitter/trace-file.ts';
import { TRACE_GENERATORS, type Trace } from '../../../bench/jitter/trace-generators.ts';
import { hum, stalled } from '../../support/playout-script.ts';

/** Beginnings of SHA-256 over the JSON of a minute's delays. */
const GOLDEN = {
  clean: ['9351bde3e38564c3', '0244d4200ee4e6ea'],
  wifi: ['bdf5916b16a321d8', '739a50a800ddc5ca'],
  'tcp-stalls': ['f23b28ebff31efea', '30a46b9da306b2a8'],
  ge5: ['db408a0063149738', 'baec9d55ec52455d'],
  lte: ['ec12244ff8a7c86f', '18df9128ee080df7'],
} as const;

/** A second of voice, then half a second of pause, and so on. */
const speech = speechLoop(
  Int16Array.from({ length: 20 * 24_000 }, (_, index) =>
    index % 24_000 < 16_000 ? hum(index) : 0,
  ),
  16_000,
);

const FRAMES = 1000;
const plain: Trace = { name: 'plain', frameMs: 20, delaysMs: Array(FRAMES).fill(0) };

/** Everything is played as it comes, but for what `change` does at one position. */
function measured(change: (meter: PlayoutMeter, position: number) => number) {
  const meter = new PlayoutMeter(speech, FRAMES, FRAMES * 20);
  for (let position = 0; position < FRAMES * 320; ) {
    const read = change(meter, position);
    if (read === 0) meter.made('audio', 160, position, position + 160);
    position += read === 0 ? 160 : read;
  }
  const run = { trace: plain, meter, durationMs: FRAMES * 20, delaysMs: [], targetsMs: [] };
  return rowOf({ ...run, sentAtMs: (frame) => frame * 20 }, 0);
}

describe('the traces', () => {
  it.each(Object.keys(GOLDEN) as (keyof typeof GOLDEN)[])(
    '[I20] %s is as it always was',
    (name) => {
      const hashes = [101, 102].map((seed) => {
        const text = JSON.stringify(TRACE_GENERATORS[name](3000, seed).delaysMs);
        return createHash('sha256').update(text).digest('hex').slice(0, 16);
      });
      expect(hashes).toEqual(GOLDEN[name]);
    },
  );
});

describe('the meter', () => {
  const at = 160_000;

  it('[I21] finds nothing where everything is played as it came', () => {
    expect(measured(() => 0)).toMatchObject({ concealedPct: 0, meanMs: 0, insertedPct: 0 });
  });

  it('[I21] counts speech that is left out, and pauses beyond their last 60 ms', () => {
    const leftOutMs = (position: number, length: number): number =>
      measured((meter, now) => {
        if (now !== position) return 0;
        meter.made('cut', 80, position, position + length + 80);
        return length + 80;
      }).concealedPct *
      ((FRAMES * 20 - length / 16) / 100);
    const pauseAt = 6 * 24_000 + 16_000;
    expect(leftOutMs(6 * 24_000, 1600)).toBeCloseTo(100, 0);
    expect(leftOutMs(pauseAt + 160, 6400)).toBeCloseTo(0, 0);
    expect(leftOutMs(pauseAt + 160, 7600)).toBeCloseTo(25, 0);
  });

  it('[I21] counts audio that is skipped, and audio at a rate that is not permitted', () => {
    const skipped = measured((_, now) => (now === at ? 1600 : 0));
    expect(skipped.concealedPct).toBeGreaterThan(0.4);
    const stretchedTo = (length: number) =>
      measured((meter, now) => {
        if (now < at || now >= at + 8000) return 0;
        meter.made('stretched', length, now, now + 160);
        return 160;
      }).concealedPct;
    expect(stretchedTo(200)).toBe(0);
    expect(stretchedTo(240)).toBeGreaterThan(2);
    expect(stretchedTo(100)).toBeGreaterThan(1);
  });

  it('[I21] counts concealment, and what is lost only once', () => {
    const lost = measured((meter, now) => {
      if (now !== at) return 0;
      meter.made('concealed', 3200, at, at);
      return 3200;
    });
    expect(lost.concealedPct).toBeCloseTo(1 + 10 * (20 / 200), 0);
    expect(lost.interruptionsPerMin).toBeGreaterThan(0);
  });
});

describe('what stands beside the row', () => {
  const trace: Trace = {
    name: 'made',
    frameMs: 20,
    delaysMs: Array.from({ length: 2000 }, (_, frame) => (frame % 100 === 99 ? 90 : frame % 10)),
  };

  it('[I22] the best fixed delay leaves out what may be left out', () => {
    expect(bestFixedDelayMs(trace, 0)).toBe(90);
    expect(bestFixedDelayMs(trace, 1)).toBe(9);
    expect(leastSpurtDelayMs(trace, speech, 0)).toBeLessThanOrEqual(90);
    expect(leastSpurtDelayMs(trace, speech, 1)).toBeLessThanOrEqual(9);
  });

  it('[I22] a player that only appends keeps the longest delay it ever had', () => {
    expect(cursorPlayer(plain).meanMs).toBe(0);
    const later: Trace = {
      ...plain,
      delaysMs: plain.delaysMs.map((_, frame) => stalled(frame, 500, 300)),
    };
    expect(cursorPlayer(later).meanMs).toBe(300);
    expect(cursorPlayer(later).interruptionsPerMin).toBeCloseTo(6, 5);
  });

  it('[I22] the hull is convex, and flat beyond its ends', () => {
    const curve = [
      [100, 1],
      [150, 0.9],
      [140, 0.5],
      [200, 0.1],
    ] as const;
    expect(hullMeanMs(curve, 2)).toBe(100);
    expect(hullMeanMs(curve, 0.75)).toBe(120);
    expect(hullMeanMs(curve, 0)).toBe(200);
  });
});

describe('the command line', () => {
  it('[I23] says what cannot be understood', () => {
    expect(readJitterOptions(['--seeds', '3..5', '--minutes', '2']).seeds).toEqual([3, 4, 5]);
    expect(readJitterOptions(['--traces', 'wifi', 'a.json']).sources).toHaveLength(2);
    for (const args of [
      ['--seeds', 'x'],
      ['--minutes', '0'],
      ['--traces', 'nonsense'],
      ['--what'],
    ]) {
      expect(() => readJitterOptions(args)).toThrow(/Usage: npm run bench:jitter/);
    }
  });

  it('[I23] says what is wrong with a trace file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isochron-trace-'));
    try {
      const path = join(folder, 'trace.json');
      await expect(readTraceFile(path)).rejects.toThrow(/there is no such file/);
      writeFileSync(path, JSON.stringify({ ...plain, frameMs: 30 }));
      await expect(readTraceFile(path)).rejects.toThrow(/"frameMs" must be 20/);
      writeFileSync(path, JSON.stringify(plain));
      expect((await readTraceFile(path)).name).toBe('plain');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
