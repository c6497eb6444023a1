// What the microphone of a browser test says: one sentence of the bundled sample, in a file of its own.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCallerVoice } from '../../../client/node/caller-voice.ts';
import { encodeWavFile } from '../../../client/node/wav-file.ts';

const RATE_HZ = 16_000;
const SAMPLE = fileURLToPath(new URL('../../../samples/conversation.wav', import.meta.url));

/** "Lovely! Please repeat this sentence, and I shall hang up happily." by samples/conversation.json, with its room before and after. */
const SENTENCE_MS = { start: 33_760, end: 37_730 };
const BEFORE_MS = 700;
const AFTER_MS = 600;

export interface SpokenWav {
  readonly path: string;
  readonly samples: Int16Array;
  /** Where the sentence lies in the file, in ms. */
  readonly startMs: number;
  readonly endMs: number;
  remove(): Promise<void>;
}

export async function writeSpokenWav(): Promise<SpokenWav> {
  const whole = await readCallerVoice(SAMPLE);
  const perMs = RATE_HZ / 1000;
  const samples = whole.slice(
    (SENTENCE_MS.start - BEFORE_MS) * perMs,
    (SENTENCE_MS.end + AFTER_MS) * perMs,
  );
  const folder = await mkdtemp(join(tmpdir(), 'isochron-browser-'));
  const path = join(folder, 'sentence.wav');
  await writeFile(path, await encodeWavFile(samples, RATE_HZ));
  return {
    path,
    samples,
    startMs: BEFORE_MS,
    endMs: BEFORE_MS + SENTENCE_MS.end - SENTENCE_MS.start,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
