// Makes the audio that Isochron ships, the same bytes on every run: `node samples/make.ts` with Node 22.18 or later and flite 2.2.

import { writeFileSync } from 'node:fs';
import { buildConversation } from './conversation.ts';
import { sampleRateHz } from './speech.ts';
import { buildStory } from './story.ts';
import { buildUnavailable } from './unavailable.ts';
import { encodeWaveFile } from './wave-file.ts';

/** The loudest sample of each file: loud, with room left for a resampler's overshoot. */
const peakDbfs = -3;

function gainToPeak(track: Float64Array): number {
  const peak = track.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
  return 10 ** (peakDbfs / 20) / peak;
}

function writeWave(name: string, track: Float64Array, gain: number): void {
  const samples = track.map((sample) => sample * gain);
  writeFileSync(
    new URL(`../${name}.wav`, import.meta.url),
    encodeWaveFile({ sampleRateHz, samples }),
  );
  console.log(`${name}.wav: ${(samples.length / sampleRateHz).toFixed(2)} s`);
}

function write(name: string, track: Float64Array, gain: number, truth: object): void {
  writeWave(name, track, gain);
  writeFileSync(new URL(`../${name}.json`, import.meta.url), `${JSON.stringify(truth, null, 2)}\n`);
}

try {
  const conversation = buildConversation();
  const conversationGain = gainToPeak(conversation.track);
  write(
    'samples/conversation',
    conversation.track,
    conversationGain,
    conversation.truthAt(conversationGain),
  );
  const story = buildStory();
  write('assets/story', story.track, gainToPeak(story.track), story.times);
  const unavailable = buildUnavailable();
  writeWave('assets/unavailable', unavailable, gainToPeak(unavailable));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
