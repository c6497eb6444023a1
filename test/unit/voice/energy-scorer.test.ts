// The energy scorer on bursts that sound like syllables over noise.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnergyScorer, EnergyScorer } from '../../../core/voice/energy-scorer.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import { VAD_UNITS_PER_WINDOW } from '../../../durable-objects/runtime/vad-kernel.ts';
import { runs } from '../../support/runs.ts';

const FULL_SCALE = 32_768;
const gain = (db: number) => FULL_SCALE * 10 ** (db / 20);

/** Uniform noise of an RMS level (dB of full scale), the same for the same seed. */
function noise(windows: number, levelDb: number, seed = 1): Float64Array {
  const peak = gain(levelDb) * Math.sqrt(3);
  let state = seed;
  return Float64Array.from({ length: windows * WINDOW_SAMPLES }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * peak;
  });
}

/** Adds voiced bursts: twelve harmonics of 140 Hz, swelling and falling four times a second, between two windows. */
function addSpeech(
  track: Float64Array,
  fromWindow: number,
  toWindow: number,
  levelDb: number,
): void {
  for (let index = fromWindow * WINDOW_SAMPLES; index < toWindow * WINDOW_SAMPLES; index++) {
    const seconds = (index - fromWindow * WINDOW_SAMPLES) / 16_000;
    const swell = 0.6 + 0.4 * Math.cos(2 * Math.PI * 4 * seconds);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic++) {
      sum += Math.sin(2 * Math.PI * 140 * harmonic * seconds) / Math.sqrt(6);
    }
    track[index]! += gain(levelDb) * swell * sum;
  }
}

function scores(track: Float64Array): number[] {
  const answers: number[] = [];
  const scorer = createEnergyScorer({
    onScore: (index, probability) => {
      expect(index).toBe(answers.length);
      answers.push(probability);
    },
  });
  const samples = Int16Array.from(track, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample))),
  );
  for (let start = 0; start < samples.length; start += WINDOW_SAMPLES) {
    scorer.submit(start / WINDOW_SAMPLES, samples.subarray(start, start + WINDOW_SAMPLES));
  }
  return answers;
}

describe('speech-like bursts', () => {
  it.each([-60, -50, -40])(
    '[V19] over noise of %i dB are found at once and left soon',
    (noiseDb) => {
      const track = noise(300, noiseDb);
      const bursts = [
        [60, 90],
        [120, 180],
        [230, 250],
      ] as const;
      for (const [from, to] of bursts) addSpeech(track, from, to, noiseDb + 25);
      const probabilities = scores(track);
      for (let window = 30; window < 300; window++) {
        const near = bursts.find(([from, to]) => window >= from && window < to + 5);
        if (near === undefined)
          expect(probabilities[window], `window ${window}`).toBeLessThan(0.35);
        else if (window < near[1])
          expect(probabilities[window], `window ${window}`).toBeGreaterThan(0.5);
      }
    },
  );

  it('[V19] of 20 dB over the noise are still found', () => {
    const track = noise(150, -45);
    addSpeech(track, 60, 100, -25);
    const probabilities = scores(track);
    expect(probabilities.slice(60, 100).filter((score) => score >= 0.5).length).toBeGreaterThan(35);
  });

  it('[V19] are found for as long as a sentence lasts', () => {
    const track = noise(300, -50);
    addSpeech(track, 60, 260, -25);
    expect(Math.min(...scores(track).slice(60, 260))).toBeGreaterThan(0.5);
  });
});

it('[V19] follows noise that grows louder for good', () => {
  const track = new Float64Array([...noise(100, -60), ...noise(1200, -42, 2)]);
  const probabilities = scores(track);
  expect(probabilities[105]).toBeGreaterThan(0.5);
  expect(Math.max(...probabilities.slice(100 + 940))).toBeLessThan(0.35);
});

it('[V20] answers a probability for any window, none for silence', () => {
  expect(Math.max(...scores(new Float64Array(50 * WINDOW_SAMPLES)))).toBeLessThan(0.5);
  const windows = fc.array(
    fc.int16Array({ minLength: WINDOW_SAMPLES, maxLength: WINDOW_SAMPLES, size: 'max' }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(windows, (all) => {
      for (const probability of scores(Float64Array.from(all.flatMap((window) => [...window])))) {
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
    }),
    { seed: 5, numRuns: runs(50) },
  );
});

it("[V21] declares at most a fiftieth of the kernel's work", () => {
  const scorer = new EnergyScorer({ onScore: () => {} });
  // A square and a sum for every fourth sample are the least that it does.
  expect(scorer.unitsPerWindow).toBeGreaterThan((2 * (WINDOW_SAMPLES / 4)) / 1000);
  expect(scorer.unitsPerWindow * 50).toBeLessThanOrEqual(VAD_UNITS_PER_WINDOW);
});

it('[V22] a state of another length means a new beginning', () => {
  const answers: number[] = [];
  const scorer = new EnergyScorer({ onScore: (_index, probability) => answers.push(probability) });
  const loud = new Int16Array(WINDOW_SAMPLES).map((_, index) => (index & 8 ? 3000 : -3000));
  scorer.submit(0, new Int16Array(WINDOW_SAMPLES));
  scorer.submit(1, loud);
  scorer.restore(new Float64Array(320) as unknown as Float32Array);
  scorer.submit(2, new Int16Array(WINDOW_SAMPLES));
  expect(answers[1]).toBeGreaterThan(0.9);
  expect(answers[2]).toBeLessThan(0.1);
});
