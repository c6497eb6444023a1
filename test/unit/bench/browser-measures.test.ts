// What the browser benchmark measures with: places of speech, of sound and of silence, tones, and aims.

import { describe, expect, it } from 'vitest';
import type { Figures } from '../../../bench/barge-in/figures.ts';
import { browserOptions } from '../../../bench/browser/browser-options.ts';
import { AIMS, missedAims, type Scenes } from '../../../bench/browser/browser-result.ts';
import { OutputLine } from '../../../bench/browser/output-line.ts';
import {
  besideTone,
  decibels,
  frequencyOf,
  levelOf,
} from '../../../bench/browser/page/tone-measure.ts';
import { VoiceFinder } from '../../../bench/browser/voice-finder.ts';
import type { PlaybackColumn } from '../../../client/browser/call-statistics.ts';

const RATE_HZ = 48_000;

/** Loudness of each ms of something like speech, 0 … 1, the same for the same seed. */
function babble(lengthMs: number, seed: number): Float32Array {
  let state = seed;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let syllable = 0;
  let wave = 0;
  return Float32Array.from({ length: lengthMs }, (_, ms) => {
    if (ms % 70 === 0) syllable = 0.05 + 0.6 * chance() ** 2;
    if (ms % 3 === 0) wave = 0.2 + 0.8 * chance();
    return syllable * wave;
  });
}

/** Peaks of 10 ms from `fromMs` on. */
function peakOf(peaks: Float32Array, fromMs: number): number {
  return peaks
    .subarray(Math.max(0, fromMs), Math.max(0, fromMs + 10))
    .reduce((a, b) => Math.max(a, b), 0);
}

describe('the finder of turns', () => {
  const peaks = babble(9000, 7);
  const voice = new Int16Array(9000 * 16);
  peaks.forEach((peak, ms) => {
    voice[ms * 16 + 5] = peak * 32_768;
  });
  const turns = [
    { startMs: 1000, endMs: 3200 },
    { startMs: 5000, endMs: 8000 },
  ];
  const finder = new VoiceFinder(voice, turns);

  it('[X30] finds a turn to 2 ms, wherever in the call it is said', () => {
    for (const movedMs of [0, 3, 1237, 40_008]) {
      const columns = Array.from({ length: 6000 }, (_, n) => peakOf(peaks, 10 * n - movedMs));
      const told = { startMs: 5000 + movedMs - 250, endMs: 8000 + movedMs + 90 };
      const found = finder.find(columns, told)!;
      expect(Math.abs(found.startMs - 5000 - movedMs)).toBeLessThanOrEqual(2);
      expect(found.endMs - found.startMs).toBe(3000);
    }
  });

  it('[X30] finds nothing in speech that is another', () => {
    const other = babble(9000, 8);
    const columns = Array.from({ length: 900 }, (_, n) => peakOf(other, 10 * n));
    expect(finder.find(columns, turns[1]!)).toBeNull();
    expect(finder.find([], turns[1]!)).toBeNull();
  });
});

describe('the output on the axis', () => {
  /** Of a context that is `axisMs` older than the call; its output is `sound`, by ms. */
  function outputOf(sound: Float32Array, axisMs: number): OutputLine {
    const line = new OutputLine();
    const peaks = [...new Float32Array(axisMs - 20), ...sound];
    const columns = Array.from(
      { length: Math.floor(sound.length / 10) },
      (_, n) => ({ atMs: 10 * n, low: 0, high: peakOf(sound, 10 * n) }) as PlaybackColumn,
    );
    line.take([{ fromMs: 20, peaks: peaks.slice(0, 700) }], columns.slice(0, 50), 0);
    line.take([{ fromMs: 720, peaks: peaks.slice(700) }], columns.slice(50), 0);
    return line;
  }

  it('[X31] finds the first sound and the first lasting silence to 2 ms', () => {
    const sound = babble(6000, 9);
    sound.fill(0, 0, 800);
    sound.fill(0, 2000, 2030);
    sound.fill(0, 4500, 4700);
    const line = outputOf(sound, 417);
    expect(line.isPlaced).toBe(true);
    expect(Math.abs(line.soundFrom(100, 2000, 0.003)! - 800)).toBeLessThanOrEqual(2);
    expect(Math.abs(line.silenceFrom(1000, 6000)! - 4500)).toBeLessThanOrEqual(2);
    expect(line.soundFrom(100, 700, 0.003)).toBeNull();
    expect(line.silenceFrom(1000, 4000)).toBeNull();
  });

  it('[X31] does not know where it lies before 3 s of sound were heard', () => {
    expect(outputOf(babble(2500, 9), 417).isPlaced).toBe(false);
  });
});

describe('the measures of tones', () => {
  const tone = (hz: number, length = 2 * RATE_HZ) =>
    Float32Array.from({ length }, (_, n) => 0.9 * Math.sin((2 * Math.PI * hz * n) / RATE_HZ + 1));

  it('[X32] tell the frequency to a millionth', () => {
    for (const hz of [1000, 1000.2, 999.5, 1000.0001])
      expect(Math.abs(frequencyOf(tone(hz), RATE_HZ, 1000) / hz - 1)).toBeLessThan(1e-6);
  });

  it('[X32] tell what is beside a tone', () => {
    const company = tone(9000).map((sample) => sample / 1000);
    const sound = tone(7000).map((sample, n) => sample + company[n]!);
    expect(decibels(besideTone(sound, RATE_HZ, 7000))).toBeCloseTo(-60, 1);
    expect(decibels(besideTone(tone(7000), RATE_HZ, 7000))).toBeLessThan(-120);
    expect(levelOf(tone(1000))).toBeCloseTo(0.9 / Math.SQRT2, 3);
  });
});

describe('the aims', () => {
  const spread = (value: number): Figures => ({
    count: 1,
    median: value,
    p90: value,
    p95: value,
    max: value,
  });

  /** Every number as given. */
  function scenes(value: number, heap: number | null): Scenes {
    const times = spread(value);
    const stages = { decideMs: times, tellMs: times, answerMs: times };
    return {
      talk: {
        ...{ minutes: 1, turns: value, answered: 0, blocks: 0, hidden: true, heapBytes: [] },
        ...{ underruns: value, concealedMs: 0, uplinkGaps: value, uplinkGapMs: 0, faults: [] },
        ...{ reportGapsMs: times, roundTripMs: null, deviceLatencyMs: 0 },
        turnLatencyMs: { ...times, stages, fromDecidedMs: times },
        heapGrowthBytesPerMin: heap,
      },
      interrupt: {
        ...{ interruptions: 1, missed: 0, unplaced: 0, faults: [] },
        ...{ onsetToSilenceMs: times, holdToSilenceMs: times },
      },
      ready: times,
      tones: [{ rateHz: 48_000, pitchErrorPct: value, aliasDb: value - 100, imageDb: -100 }],
      size: { gzBytes: value, plainBytes: value },
    };
  }

  it('[X33] are missed by every number that is too high, and by none else', () => {
    expect(missedAims(scenes(0, 0))).toEqual([]);
    expect(missedAims(scenes(1e6, 1e6))).toEqual(AIMS.map(({ name }) => name));
    expect(missedAims(scenes(200, 0))).toEqual([
      'underruns',
      'uplinkGaps',
      'unanswered',
      'fromDecidedMs',
      'holdToSilenceMs',
      'pitchErrorPct',
      'aliasingDb',
    ]);
  });

  it('[X33] are missed by a time that never came, and not by what a short run cannot tell', () => {
    expect(missedAims(scenes(Number.POSITIVE_INFINITY, null))).not.toContain(
      'heapGrowthBytesPerMin',
    );
    expect(missedAims(scenes(Number.POSITIVE_INFINITY, null))).toContain('onsetToSilenceMs');
  });
});

describe('the command line', () => {
  it('[X34] is refused with a sentence and exit code 2 when the length makes no sense', () => {
    expect(browserOptions([])).toEqual({ minutes: 10, control: false, json: false, help: false });
    expect(browserOptions(['--minutes', '0.7', '--json'])).toMatchObject({
      minutes: 0.7,
      json: true,
    });
    for (const length of ['0.6', 'many', '-1', '601'])
      expect(() => browserOptions([`--minutes=${length}`])).toThrow(
        expect.objectContaining({
          exitCode: 2,
          message: expect.stringContaining(`from 0.7 to 600, received "${length}"`),
        }),
      );
    expect(() => browserOptions(['--hours', '1'])).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });
});
