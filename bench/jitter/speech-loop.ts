// What is said on every trace: a tale read aloud, over and over, and where it pauses.

import { fileURLToPath } from 'node:url';
import { toPcm16 } from '../../client/node/resample.ts';
import { readWavFile } from '../../client/node/wav-file.ts';

/** Level is judged in blocks this long; a pause is this far below the loudest block. */
const BLOCK_MS = 5;
const QUIET_SHARE = 10 ** (-38 / 20);

/** Speech that repeats itself, with its pauses. Positions count samples from the beginning and go on for ever. */
export interface SpeechLoop {
  readonly rateHz: number;
  readonly frameSamples: number;
  readonly samples: Int16Array;
  readonly blockSamples: number;
  /** Of each block of the loop, 1 when it belongs to a pause. */
  readonly quiet: Uint8Array;
}

/** The bundled story, cut to whole frames. */
export async function storyLoop(): Promise<SpeechLoop> {
  const path = fileURLToPath(new URL('../../assets/story.wav', import.meta.url));
  const { rateHz, samples } = await readWavFile(path);
  return speechLoop(toPcm16(samples), rateHz);
}

/** A loop of any speech, cut to whole frames. */
export function speechLoop(speech: Int16Array, rateHz: number): SpeechLoop {
  const frameSamples = rateHz / 50;
  const samples = speech.subarray(0, speech.length - (speech.length % frameSamples));
  const blockSamples = (rateHz * BLOCK_MS) / 1000;
  const levels = Array.from({ length: samples.length / blockSamples }, (_, block) =>
    levelOf(samples, block * blockSamples, blockSamples),
  );
  const limit = QUIET_SHARE * levels.reduce((most, level) => Math.max(most, level), 0);
  const quiet = Uint8Array.from(levels, (level) => (level <= limit ? 1 : 0));
  return { rateHz, frameSamples, samples, blockSamples, quiet };
}

/** Where the frame with this number lies in the loop. */
export function frameOffset(speech: SpeechLoop, frame: number): number {
  return (frame * speech.frameSamples) % speech.samples.length;
}

/** Whether the speech pauses at this position. */
export function isPause(speech: SpeechLoop, position: number): boolean {
  const block = Math.floor((position % speech.samples.length) / speech.blockSamples);
  return speech.quiet[block] === 1;
}

function levelOf(samples: Int16Array, offset: number, length: number): number {
  let sum = 0;
  for (let index = offset; index < offset + length; index++) sum += Math.abs(samples[index]!);
  return sum / length;
}
