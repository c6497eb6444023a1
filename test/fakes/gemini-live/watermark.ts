// What the fake says: noise of which every stretch can be told from every other, so that what was heard is measurable.

/** Rate of the API's speech. */
export const SPEECH_RATE_HZ = 24_000;

const PEAK = 6000;
/** Neighbours that are averaged: what a rate of 16 kHz cannot carry is weak then. */
const SMOOTHING = 4;

/** The first samples of the answer with this number: the same number, the same sound. */
export function watermark(answer: number, lengthSamples: number): Int16Array {
  const samples = new Int16Array(lengthSamples);
  const recent = new Float64Array(SMOOTHING);
  let state = Math.imul(answer + 1, 0x9e37_79b1) >>> 0;
  let sum = 0;
  for (let index = 0; index < lengthSamples; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const white = state / 2 ** 31 - 1;
    sum += white - recent[index % SMOOTHING]!;
    recent[index % SMOOTHING] = white;
    samples[index] = Math.round((PEAK * sum) / SMOOTHING);
  }
  return samples;
}
