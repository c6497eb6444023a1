// What is said in a conversation under fault, and what must come of it.

import { fileURLToPath } from 'node:url';
import { readCallerVoice } from '../client/node/caller-voice.ts';
import type { ConversationRequest } from '../client/node/service-api.ts';
import type { AudioFormat } from '../core/wire/messages.ts';

const RATE_PER_MS = 16;
const SAMPLE = fileURLToPath(new URL('../samples/conversation.wav', import.meta.url));
const STORY = fileURLToPath(new URL('../assets/story.wav', import.meta.url));

/** A time in which the caller is muted, in ms of the caller's audio. */
export interface Mute {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Scenes of a run; `brief` is for runs that must be short. */
export const SCENE_NAMES = [
  'parrot',
  'storyteller',
  'sleeper',
  'telephone',
  'interrupter',
  'brief',
] as const;
export type SceneName = (typeof SCENE_NAMES)[number];

/** One kind of conversation. */
export interface Scene {
  readonly name: SceneName;
  readonly request: ConversationRequest & { readonly echoGuard: 'off' };
  /** How often it comes in each round of the scenes. */
  readonly weight: number;
  /** What the caller says, 16 kHz; silence follows. */
  readonly voice: Int16Array;
  readonly mutes: readonly Mute[];
  /** The call ends at this time and no other, Infinity when all must be said and answered. */
  readonly stopAfterMs: number;
  /** What the agent says by itself; null for one that says back what it was told. */
  readonly speech: Int16Array | null;
  /** How the caller's audio travels. */
  readonly uplink: AudioFormat;
  /** How often the caller talks over the agent. */
  readonly interruptions: number;
}

const PCM: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };
const TELEPHONE: AudioFormat = { codec: 'mulaw', rateHz: 8000, frameMs: 20 };

/**
 * Nobody's turn may end because a machine under test is slow to come back, and the energy scorer, which sees other edges,
 * must not take over because it is slow at all. A call whose end was lost with the memory, for the storage was full just
 * then, ends soon all the same.
 */
const PATIENT = {
  resumeGraceMs: 60_000,
  noAudioMs: 10_000,
  idleTimeoutMs: 20_000,
  overloadMs: 10_000,
};

/**
 * A late answer is heard while the caller already says the next words. A parrot's answer is the caller's own voice, and the
 * guard may take those words for its echo: which ones would depend on when a fault came.
 */
const HEADPHONES = { echoGuard: 'off' } as const;

/** Scenes out of the bundled sample and the bundled story. */
export async function readScenes(names: readonly SceneName[]): Promise<readonly Scene[]> {
  const sample = await readCallerVoice(SAMPLE);
  const story = await readCallerVoice(STORY);
  const parrot = {
    ...HEADPHONES,
    agent: { name: 'parrot', interruptible: false },
    settings: PATIENT,
    recording: true,
  };
  const storyteller = {
    ...HEADPHONES,
    agent: { name: 'storyteller', speed: 2 },
    settings: PATIENT,
  };
  const plain = {
    request: parrot,
    weight: 1,
    mutes: [],
    stopAfterMs: Number.POSITIVE_INFINITY,
    speech: null,
    uplink: PCM,
    interruptions: 0,
  };
  const scenes: readonly Scene[] = [
    { ...plain, name: 'parrot', voice: sample },
    {
      ...plain,
      name: 'storyteller',
      request: storyteller,
      voice: new Int16Array(0),
      stopAfterMs: 40_000,
      speech: story,
    },
    {
      ...plain,
      name: 'sleeper',
      // The only one whose object may be evicted with its sockets.
      weight: 3,
      // A turn, room for its answer, a long mute, another turn.
      voice: joined(slice(sample, 500, 6200), 6500 + 14_000, slice(sample, 12_000, 17_200)),
      mutes: [{ fromMs: 12_200, toMs: 26_000 }],
    },
    { ...plain, name: 'telephone', voice: slice(sample, 0, 24_000), uplink: TELEPHONE },
    {
      ...plain,
      name: 'interrupter',
      request: storyteller,
      voice: joined(new Int16Array(0), 8000, slice(sample, 500, 6200)),
      stopAfterMs: 30_000,
      speech: story,
      interruptions: 1,
    },
    { ...plain, name: 'brief', voice: slice(sample, 500, 6200) },
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
