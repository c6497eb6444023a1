// What is said in the benchmark: the agent's story, the caller's interruptions, the words of assent.

import { readFileSync } from 'node:fs';
import { toPcm16 } from '../../client/node/resample.ts';
import { readWavFile } from '../../client/node/wav-file.ts';

const SAMPLES_PER_MS = 16;

/** Longest interruption. */
const CLIP_MS = 1800;

/** Frames of 20 ms below this share of the loudest are pauses. */
const ACTIVE_SHARE = 0.03;

/** A pause: this much quieter than the clip, for so long, before so much was said. */
const PAUSE_SHARE = 0.1;
const PAUSE_MS = 100;
const GOING_ON_MS = 700;

export interface Voices {
  /** Speech without a zero sample, so that silence is known by its zeros. */
  readonly story: Int16Array;
  readonly storyRms: number;
  /** Each begins with its first sound. */
  readonly interruptions: readonly Int16Array[];
  readonly assents: readonly Int16Array[];
}

export async function readVoices(): Promise<Voices> {
  const story = await readSamples('assets/story.wav');
  const conversation = await readSamples('samples/conversation.wav');
  const assent = await readSamples('samples/mm-hm.wav');
  const turns = readJson<{ turns: { startMs: number; endMs: number }[] }>(
    'samples/conversation.json',
  ).turns;
  const { sentences } = readJson<{ sentences: { startMs: number; endMs: number }[] }>(
    'assets/story.json',
  );
  const { words } = readJson<{ words: { fromSample: number; lengthSamples: number }[] }>(
    'samples/mm-hm.json',
  );
  return {
    story: story.map((sample) => (sample === 0 ? 1 : sample)),
    storyRms: activeRms(story),
    interruptions: uninterrupted([
      ...turns.map((turn) => cut(conversation, turn.startMs)),
      // The narrator again, a third higher and faster, so that it is another's voice.
      ...sentences.map((sentence) => higher(cut(story, sentence.startMs, 2400), 1.26)),
    ]),
    assents: words.map(({ fromSample, lengthSamples }) =>
      assent.slice(fromSample, fromSample + lengthSamples),
    ),
  };
}

/** RMS of the frames in which something is said. */
export function activeRms(samples: Int16Array): number {
  const frame = 20 * SAMPLES_PER_MS;
  const powers: number[] = [];
  for (let at = 0; at + frame <= samples.length; at += frame) {
    let power = 0;
    for (let index = at; index < at + frame; index++) power += samples[index]! ** 2;
    powers.push(power / frame);
  }
  const least = Math.max(...powers) * ACTIVE_SHARE ** 2;
  const active = powers.filter((power) => power > least);
  return Math.sqrt(active.reduce((sum, power) => sum + power, 0) / active.length);
}

/** Those that go on for as long as it takes to be believed: a caller who pauses before that has to begin again. */
function uninterrupted(clips: readonly Int16Array[]): Int16Array[] {
  return clips.filter((clip) => {
    const least = (activeRms(clip) * PAUSE_SHARE) ** 2;
    let quietMs = 0;
    for (let ms = 0; ms < GOING_ON_MS; ms += 10) {
      let power = 0;
      for (const sample of clip.subarray(ms * SAMPLES_PER_MS, (ms + 10) * SAMPLES_PER_MS))
        power += sample ** 2 / (10 * SAMPLES_PER_MS);
      quietMs = power < least ? quietMs + 10 : 0;
      if (quietMs >= PAUSE_MS) return false;
    }
    return true;
  });
}

function cut(samples: Int16Array, fromMs: number, lengthMs = CLIP_MS): Int16Array {
  const from = Math.round(fromMs * SAMPLES_PER_MS);
  return samples.slice(from, from + lengthMs * SAMPLES_PER_MS);
}

function higher(samples: Int16Array, factor: number): Int16Array {
  return Int16Array.from({ length: Math.floor((samples.length - 1) / factor) }, (_, index) => {
    const at = index * factor;
    const low = Math.floor(at);
    return Math.round(samples[low]! + (at - low) * (samples[low + 1]! - samples[low]!));
  });
}

async function readSamples(path: string): Promise<Int16Array> {
  return toPcm16((await readWavFile(new URL(`../../${path}`, import.meta.url).pathname)).samples);
}

function readJson<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as Content;
}
