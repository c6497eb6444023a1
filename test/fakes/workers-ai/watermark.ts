// What the fake says: noise that depends on the words, so that it can be found again to the sample which of them were heard.

const PEAK = 6000;
/** 60 ms for each character: brisk speech. */
const SAMPLES_PER_CHARACTER = 960;

/** Length of a text's speech, in samples at 16 kHz. */
export function spokenSamples(text: string): number {
  return text.length * SAMPLES_PER_CHARACTER;
}

/** The speech of a text: the same text, the same sound. */
export function speechOf(text: string): Int16Array {
  let state = 0x811c_9dc5;
  for (const character of text) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x0100_0193) >>> 0;
  }
  const samples = new Int16Array(spokenSamples(text));
  let before = 0;
  for (let index = 0; index < samples.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const white = state / 2 ** 31 - 1;
    // Neighbours are averaged: what a downlink's own rate cannot carry is weak then.
    samples[index] = Math.round((PEAK * (white + before)) / 2);
    before = white;
  }
  return samples;
}
