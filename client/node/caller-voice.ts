// What the caller says: a WAV file as the microphone would give it.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { resample, toPcm16 } from './resample.ts';
import { readWavFile } from './wav-file.ts';

/** Reads any WAV file as 16 kHz mono samples. Throws CommandError with a sentence when it cannot be read. */
export async function readCallerVoice(path: string): Promise<Int16Array> {
  const { samples, rateHz } = await readWavFile(path);
  return toPcm16(await resample(samples, rateHz, ENGINE_RATE_HZ));
}
