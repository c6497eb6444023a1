// Sound that changes like speech, and is another for each seed: for whoever compares spectra.

import { randomOf } from '../../simulation/random.ts';

const SECOND = 16_000;

/** Noise through a resonance that moves every 80 ms, with pauses: another sound for each seed. */
export function babble(seconds: number, seed: number): Int16Array {
  const random = randomOf(seed);
  const samples = new Int16Array(seconds * SECOND);
  let cosine = 0;
  let level = 0;
  let last = 0;
  let before = 0;
  for (let index = 0; index < samples.length; index++) {
    if (index % 1280 === 0) {
      cosine = Math.cos((2 * Math.PI * (250 + 3500 * random() ** 2)) / SECOND);
      level = random() < 0.2 ? 0 : 200 + 600 * random();
    }
    const sample = level * (random() - 0.5) + 2 * 0.97 * cosine * last - 0.94 * before;
    before = last;
    last = sample;
    samples[index] = Math.round(sample);
  }
  return samples;
}
