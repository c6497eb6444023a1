// What the agent of the paced benchmark says: 8 s of the bundled story from the beginning of each sentence.

import { readFile } from 'node:fs/promises';
import { toPcm16 } from '../../client/node/resample.ts';
import { readWavFile } from '../../client/node/wav-file.ts';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { msToSamples } from '../../core/media/units.ts';

const UTTERANCE_MS = 8000;

/** Utterances of 8 s at 16 kHz, none of which begins with silence; after its end the story begins anew. */
export async function eightSeconds(): Promise<readonly Int16Array[]> {
  const folder = new URL('../../assets/', import.meta.url);
  const { samples } = await readWavFile(new URL('story.wav', folder).pathname);
  const story = toPcm16(samples);
  const length = msToSamples(UTTERANCE_MS, ENGINE_RATE_HZ);
  const { sentences } = JSON.parse(await readFile(new URL('story.json', folder), 'utf8')) as {
    readonly sentences: readonly { readonly startMs: number }[];
  };
  return sentences.map(({ startMs }) => {
    const start = msToSamples(startMs, ENGINE_RATE_HZ);
    return Int16Array.from({ length }, (_, index) => story[(start + index) % story.length]!);
  });
}
