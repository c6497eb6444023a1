// Pieces of the bundled speech, at any rate that the jitter buffer plays.

import { readFileSync } from 'node:fs';
import { resample, toPcm16 } from '../../client/node/resample.ts';
import { readWave } from '../../durable-objects/runtime/wave.ts';

const SOURCE_HZ = 16_000;

/** A man's voice without noise, and a woman's in a noisy room. */
const SOURCES = { story: '../../assets/story.wav', conversation: '../../samples/conversation.wav' };

/** `seconds` of a recording, from `fromSeconds` on, as they are at 16 kHz. */
export function speechExcerpt(
  source: keyof typeof SOURCES,
  fromSeconds: number,
  seconds: number,
): Int16Array {
  const file = readFileSync(new URL(SOURCES[source], import.meta.url));
  const from = Math.round(fromSeconds * SOURCE_HZ);
  const samples = readWave(new Uint8Array(file).buffer, SOURCE_HZ);
  return samples.slice(from, from + Math.round(seconds * SOURCE_HZ));
}

/** The samples of an excerpt at another rate. */
export async function atRate(samples: Int16Array, rateHz: number): Promise<Int16Array> {
  if (rateHz === SOURCE_HZ) return samples;
  const sound = Float32Array.from(samples, (sample) => sample / 32_768);
  return toPcm16(await resample(sound, SOURCE_HZ, rateHz));
}
