// Stretching by whole pitch periods: what it keeps, what it leaves alone, and how it sounds.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Stretcher, stretchEvenly } from '../../../bench/stretch/even-stretch.ts';
import { melDistances } from '../../../bench/stretch/mel-distance.ts';
import { loadRubberBand } from '../../../bench/stretch/rubber-band.ts';
import { measureStretch } from '../../../bench/stretch/stretch-measures.ts';
import { TimeStretch } from '../../../core/jitter/time-stretch.ts';
import { randomOf } from '../../../simulation/random.ts';
import { atRate, speechExcerpt } from '../../support/speech-excerpts.ts';

const RATES_HZ = [8000, 16_000, 24_000, 44_100, 48_000];

/** Pulses of a voice: one each `period` samples, ringing on over a slope. */
function voice(length: number, period: number): Int16Array {
  const samples = new Int16Array(length);
  let value = 0;
  let before = 0;
  for (let index = 0; index < length; index++) {
    const next = 1.6 * value - 0.8 * before + (index % period === 0 ? 4000 : 0);
    before = value;
    value = next;
    samples[index] = Math.round(value + (3000 * (index % period)) / period);
  }
  return samples;
}

function noise(length: number, peak: number): Int16Array {
  const random = randomOf(7);
  return Int16Array.from({ length }, () => Math.round((2 * random() - 1) * peak));
}

/** The negative control: the same driver, the same fades, and no search for the pitch. */
class FixedLag implements Stretcher {
  readonly spanSamples: number;
  readonly #lag: number;

  constructor(rateHz: number) {
    this.spanSamples = Math.round(0.03 * rateHz);
    this.#lag = Math.round(0.0075 * rateHz);
  }

  shorten(
    samples: Int16Array,
    at: number,
    length: number,
    _: number,
    into: Int16Array,
    to: number,
  ) {
    const lag = this.#lag;
    for (let index = 0; index < length - lag; index++) {
      const rising = Math.max(0, Math.min(1, index / lag - 1));
      const mixed = (1 - rising) * samples[at + index]! + rising * samples[at + index + lag]!;
      into[to + index] = Math.round(mixed);
    }
    return length - lag;
  }

  lengthen(
    samples: Int16Array,
    at: number,
    length: number,
    _: number,
    into: Int16Array,
    to: number,
  ) {
    const lag = this.#lag;
    for (let index = 0; index < length + lag; index++) {
      const rising = Math.max(0, Math.min(1, index / lag - 2));
      const going = index < length ? samples[at + index]! : 0;
      const coming = index < lag ? 0 : samples[at + index - lag]!;
      into[to + index] = Math.round((1 - rising) * going + rising * coming);
    }
    return length + lag;
  }
}

describe('what one operation keeps', () => {
  it('[Q1] leaves out or adds no more than it may, begins and ends with the very samples, and writes no further', () => {
    const random = randomOf(11);
    let changed = 0;
    for (const rateHz of RATES_HZ) {
      const stretch = new TimeStretch(rateHz);
      const span = stretch.spanSamples;
      const samples = speechExcerpt('story', 3, 2);
      for (let run = 0; run < 60; run++) {
        const at = Math.floor(random() * (samples.length - 2 * span));
        const length = span + Math.floor(random() * span);
        const limit = Math.floor(random() * span);
        for (const direction of ['shorten', 'lengthen'] as const) {
          const into = new Int16Array(length + limit + 8).fill(12_345);
          const written = stretch[direction](samples, at, length, limit, into, 3);
          const added = direction === 'shorten' ? length - written : written - length;
          expect(added).toBeGreaterThanOrEqual(0);
          expect(added).toBeLessThanOrEqual(limit);
          expect(into.subarray(0, 3)).toEqual(new Int16Array(3).fill(12_345));
          expect(into[3]).toBe(samples[at]);
          expect(into[3 + written - 1]).toBe(samples[at + length - 1]);
          expect(into.subarray(3 + written).every((sample) => sample === 12_345)).toBe(true);
          if (added === 0) {
            expect(into.subarray(3, 3 + written)).toEqual(samples.subarray(at, at + length));
          } else changed++;
        }
      }
    }
    expect(changed).toBeGreaterThan(200);
  });

  it('[Q2] takes whole periods of a voice away, and adds whole periods', () => {
    for (const rateHz of RATES_HZ) {
      const stretch = new TimeStretch(rateHz);
      const span = stretch.spanSamples;
      for (const pitchHz of [80, 110, 170, 240, 380]) {
        const period = Math.round(rateHz / pitchHz);
        const samples = voice(rateHz, period);
        const into = new Int16Array(2 * span);
        const least = Math.ceil(period / 4);
        for (let at = rateHz / 2; at < rateHz / 2 + 5 * least; at += least) {
          const shorter = stretch.shorten(samples, at, span, span / 2, into, 0);
          expect((span - shorter) % period).toBe(0);
          expect(shorter).toBeLessThan(span);
          const periodic = into.slice(0, shorter);
          expect(periodic).toEqual(samples.subarray(at, at + shorter));
          const longer = stretch.lengthen(samples, at, span, span / 2, into, 0);
          expect((longer - span) % period).toBe(0);
          expect(longer).toBeGreaterThan(span);
          expect(into.slice(0, longer)).toEqual(samples.subarray(at, at + longer));
        }
      }
    }
  });

  it('[Q3] leaves alone what is too short, a limit below the shortest period, and a voice of a longer period', () => {
    const stretch = new TimeStretch(16_000);
    const samples = voice(16_000, 160);
    const into = new Int16Array(2000);
    expect(stretch.shorten(samples, 4000, 479, 240, into, 0)).toBe(479);
    expect(stretch.lengthen(samples, 4000, 479, 240, into, 0)).toBe(479);
    expect(stretch.shorten(samples, 4000, 480, 39, into, 0)).toBe(480);
    expect(stretch.shorten(samples, 4000, 480, 159, into, 0)).toBe(480);
    expect(stretch.lengthen(samples, 4000, 480, 159, into, 0)).toBe(480);
    expect(stretch.shorten(samples, 4000, 480, 161, into, 0)).toBe(320);
  });

  it('[Q3] leaves a sudden beginning alone', () => {
    const stretch = new TimeStretch(16_000);
    const samples = noise(480, 9000).map((sample, index) => sample >> (5 - Math.floor(index / 80)));
    const into = new Int16Array(1000);
    expect(stretch.shorten(samples, 0, 480, 240, into, 0)).toBe(480);
    expect(stretch.lengthen(samples, 0, 480, 240, into, 0)).toBe(480);
  });

  it('[Q4] shortens and lengthens silence and even noise anywhere, by nearly all it may', () => {
    for (const rateHz of RATES_HZ) {
      const stretch = new TimeStretch(rateHz);
      const span = stretch.spanSamples;
      const into = new Int16Array(2 * span);
      for (const peak of [0, 12, 300, 9000]) {
        const samples = noise(20 * span, peak);
        let removed = 0;
        let added = 0;
        for (let at = 0; at + span <= samples.length; at += span) {
          removed += span - stretch.shorten(samples, at, span, span / 2, into, 0);
          added += stretch.lengthen(samples, at, span, span / 2, into, 0) - span;
        }
        expect(removed).toBeGreaterThan(0.3 * samples.length);
        expect(added).toBe(removed);
      }
    }
  });
});

describe('speech made a fifth shorter and a fifth longer', () => {
  const excerpts = [
    ['story', 0.3, 4.5],
    ['conversation', 0.9, 4],
  ] as const;

  it.each([8000, 16_000, 48_000])(
    '[Q5] keeps its pitch and jumps nowhere, at %i Hz',
    async (rateHz) => {
      for (const [source, from, seconds] of excerpts) {
        const samples = await atRate(
          speechExcerpt(source, from, rateHz > 16_000 ? 1.6 : seconds),
          rateHz,
        );
        for (const ratio of [0.8, 1.2]) {
          const stretched = stretchEvenly(new TimeStretch(rateHz), samples, ratio);
          const measures = measureStretch(samples, rateHz, ratio, stretched);
          expect(measures.voicedMoments).toBeGreaterThan(50);
          expect(measures.pitchLost).toBeLessThan(0.01);
          expect(measures.f0ErrorMedian).toBeLessThan(0.005);
          expect(measures.f0ErrorP95).toBeLessThan(0.02);
          expect(measures.seamJump).toBeLessThan(1.5);
          expect(Math.abs(measures.lengthRatio - ratio)).toBeLessThan(0.01);
          expect(measures.largestDeviationMs).toBeLessThan(40);
        }
      }
    },
  );

  it('[Q5] does not when the pitch is not searched for: the measure has teeth', () => {
    for (const [source, from, seconds] of excerpts) {
      const samples = speechExcerpt(source, from, seconds);
      for (const ratio of [0.8, 1.2]) {
        const stretched = stretchEvenly(new FixedLag(16_000), samples, ratio);
        const measures = measureStretch(samples, 16_000, ratio, stretched);
        expect(measures.f0ErrorP95).toBeGreaterThan(0.03);
      }
    }
  });

  it('[Q6] is at most 1.15 times as far from the reference stretcher as its two engines are apart', async () => {
    const reference = await loadRubberBand();
    for (const [source, from] of excerpts) {
      const samples = speechExcerpt(source, from, 3);
      for (const ratio of [0.8, 1.2]) {
        const { samples: ours } = stretchEvenly(new TimeStretch(16_000), samples, ratio);
        const near = melDistances(samples, 16_000, ratio, ours, reference);
        expect(near.melToReferenceDb).toBeLessThan(1.15 * near.melWithinReferenceDb);
        // What plays faster or slower without any stretching is as long, and far off.
        const length = Math.floor(samples.length * ratio);
        const played = Int16Array.from({ length }, (_, n) => samples[Math.floor(n / ratio)]!);
        const far = melDistances(samples, 16_000, ratio, played, reference);
        expect(far.melToReferenceDb).toBeGreaterThan(1.15 * far.melWithinReferenceDb);
      }
    }
  });
});

describe('the same everywhere', () => {
  it('[Q7] gives these very samples, and the same for the same input whatever came before', () => {
    const hashes: Record<string, string> = {};
    for (const rateHz of RATES_HZ) {
      const samples = speechExcerpt('conversation', 0.9, 3);
      const hash = createHash('sha256');
      const used = new TimeStretch(rateHz);
      stretchEvenly(used, samples.slice().reverse(), 0.8);
      for (const ratio of [0.8, 1.2]) {
        const { samples: stretched } = stretchEvenly(used, samples, ratio);
        expect(stretched).toEqual(stretchEvenly(new TimeStretch(rateHz), samples, ratio).samples);
        hash.update(Uint8Array.from(stretched, (sample) => sample & 0xff));
        hash.update(Uint8Array.from(stretched, (sample) => (sample >> 8) & 0xff));
      }
      hashes[rateHz] = hash.digest('hex').slice(0, 16);
    }
    expect(hashes).toMatchInlineSnapshot(`
      {
        "16000": "b9543a259d2f2d48",
        "24000": "f9529f0e4ab10dd1",
        "44100": "6c07a384941f666d",
        "48000": "a5cbe17dc4e44dd1",
        "8000": "807fd37a747c86ab",
      }
    `);
  });
});
