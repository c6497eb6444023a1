// What the benchmark's contenders hear: the bundled recordings, as they are and bent out of shape.

import { fileURLToPath } from 'node:url';
import { toPcm16 } from '../../client/node/resample.ts';
import { readWavFile } from '../../client/node/wav-file.ts';
import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';

/** Streams at SCORER_RATE_HZ: the conversation and the story; then both quiet, clipping, and reversed. */
export async function testAudio(): Promise<readonly Int16Array[]> {
  const recordings = await Promise.all([
    readRecording('samples/conversation.wav'),
    readRecording('assets/story.wav'),
  ]);
  return [
    ...recordings,
    ...recordings.map((samples) => scaled(samples, 0.03)),
    ...recordings.map((samples) => scaled(samples, 12)),
    ...recordings.map((samples) => samples.toReversed()),
  ].map(toPcm16);
}

async function readRecording(path: string): Promise<Float32Array> {
  const url = new URL(`../../${path}`, import.meta.url);
  const { rateHz, samples } = await readWavFile(fileURLToPath(url));
  if (rateHz !== SCORER_RATE_HZ) throw new Error(`${path} must be at ${SCORER_RATE_HZ} Hz.`);
  return samples;
}

function scaled(samples: Float32Array, gain: number): Float32Array {
  return samples.map((sample) => sample * gain);
}
