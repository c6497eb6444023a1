// Audio whose samples tell which they are: pairs of samples that spell the speech's number and the position in it.

/** Numbers of speeches lie in this range; smaller ones would survive a fade unchanged. */
export const FIRST_SPEECH = 64;
export const LAST_SPEECH = 2046;

/** No sample is so quiet that a fade would round it to zero. */
const FLOOR = 1024;

/** A pair's first sample has the low bits of its position; its second, negative, the high bits and the number. */
const LOW_BITS = 14;
const LOW_MASK = 2 ** LOW_BITS - 1;
/** 19 bits in all: positions repeat after 32.8 s. */
const HIGH_BITS = 4;

/** Sample `offset` of speech `speech`. Even offsets are positive, odd ones negative, none is zero. */
function markAt(speech: number, offset: number): number {
  const pair = offset >> 1;
  if ((offset & 1) === 0) return FLOOR + (pair & LOW_MASK);
  return -((speech << HIGH_BITS) | (pair >> LOW_BITS));
}

/** Where the samples at `index` and the one after it say they are: speech · 2³² + offset, or −1. */
export function readMark(samples: Int16Array, index: number): number {
  const isFirst = samples[index]! > 0;
  const at = isFirst ? index : index + 1;
  const low = samples[at]! - FLOOR;
  const code = -samples[isFirst ? at + 1 : index]!;
  if (low < 0 || low > LOW_MASK || code < FIRST_SPEECH << HIGH_BITS) return -1;
  const high = code & (2 ** HIGH_BITS - 1);
  const pair = (high << LOW_BITS) | low;
  // The second sample of a pair was seen first: it belongs to the pair before.
  return (code >> HIGH_BITS) * 2 ** 32 + 2 * pair - (isFirst ? 0 : 1);
}

/** Marks from the first sample to the last. */
export function markedSpeech(speech: number, lengthSamples: number): Int16Array {
  const samples = new Int16Array(lengthSamples);
  for (let offset = 0; offset < lengthSamples; offset++) samples[offset] = markAt(speech, offset);
  return samples;
}

/** The same with pauses of zeros, as speech has them: 100 to 250 ms after every 0.6 to 1.5 s. */
export function markedSentences(speech: number, lengthSamples: number): Int16Array {
  const samples = markedSpeech(speech, lengthSamples);
  const voiceSamples = 16 * (600 + ((speech * 137) % 900));
  const pauseSamples = 16 * (100 + ((speech * 53) % 150));
  for (let at = voiceSamples; at < lengthSamples; at += voiceSamples + pauseSamples) {
    // The last words are spoken: a speech does not end in a pause.
    if (at + pauseSamples < lengthSamples) samples.fill(0, at, at + pauseSamples);
  }
  return samples;
}
