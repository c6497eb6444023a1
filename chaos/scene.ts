// What is said in a conversation under fault, and what must come of it.

import { fileURLToPath } from 'node:url';
import { readCallerVoice } from '../client/node/caller-voice.ts';
import type { ConversationRequest } from '../client/node/service-api.ts';

const RATE_PER_MS = 16;
const SAMPLE = fileURLToPath(new URL('../samples/conversation.wav', import.meta.url));
const STORY = fileURLToPath(new URL('../assets/story.wav', import.meta.url));

/** A time in which the caller is muted, in ms of the caller's audio. */
export interface Mute {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Scenes of a run; `brief` is for runs that must be short. */
export const SCENE_NAMES = ['parrot', 'storyteller', 'sleeper', 'brief'] as const;
export type SceneName = (typeof SCENE_NAMES)[number];

/** One kind of conversation. */
export interface Scene {
  readonly name: SceneName;
  readonly request: ConversationRequest & { readonly recording?: boolean };
  /** What the caller says, 16 kHz; silence follows. */
  readonly voice: Int16Array;
  readonly mutes: readonly Mute[];
  /** The call ends at this time and no other, Infinity when all must be said and answered. */
  readonly stopAfterMs: number;
  /** What the agent says by itself; null for one that says back what it was told. */
  readonly speech: Int16Array | null;
}

/**
 * Nobody's turn may end because a machine under test is slow to come back. A call whose end was lost with the memory, for
 * the storage was full just then, ends soon all the same.
 */
const PATIENT = { resumeGraceMs: 60_000, noAudioMs: 10_000, idleTimeoutMs: 20_000 };

/** Scenes out of the bundled sample and the bundled story. */
export async function readScenes(names: readonly SceneName[]): Promise<readonly Scene[]> {
  const sample = await readCallerVoice(SAMPLE);
  const story = await readCallerVoice(STORY);
  const parrot = {
    agent: { name: 'parrot', interruptible: false },
    settings: PATIENT,
    recording: true,
  };
  const scenes: readonly Scene[] = [
    {
      name: 'parrot',
      request: parrot,
      voice: sample,
      mutes: [],
      stopAfterMs: Number.POSITIVE_INFINITY,
      speech: null,
    },
    {
      name: 'storyteller',
      request: { agent: { name: 'storyteller', speed: 2 }, settings: PATIENT },
      voice: new Int16Array(0),
      mutes: [],
      stopAfterMs: 40_000,
      speech: story,
    },
    {
      name: 'sleeper',
      request: parrot,
      // A turn, room for its answer, a long mute, another turn.
      voice: joined(slice(sample, 500, 6200), 6500 + 14_000, slice(sample, 12_000, 17_200)),
      mutes: [{ fromMs: 12_200, toMs: 26_000 }],
      stopAfterMs: Number.POSITIVE_INFINITY,
      speech: null,
    },
    {
      name: 'brief',
      request: parrot,
      voice: slice(sample, 500, 6200),
      mutes: [],
      stopAfterMs: Number.POSITIVE_INFINITY,
      speech: null,
    },
  ];
  return scenes.filter(({ name }) => names.includes(name));
}

function slice(samples: Int16Array, fromMs: number, toMs: number): Int16Array {
  return samples.subarray(fromMs * RATE_PER_MS, toMs * RATE_PER_MS);
}

function joined(first: Int16Array, silenceMs: number, second: Int16Array): Int16Array {
  const whole = new Int16Array(first.length + silenceMs * RATE_PER_MS + second.length);
  whole.set(first);
  whole.set(second, whole.length - second.length);
  return whole;
}
