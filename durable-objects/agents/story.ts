// The bundled story: fetched from the static files once per isolate, decoded, shared by all its conversations.

import { AGENT_RATE_HZ } from '../../core/conversation/agent.ts';
import { readWave } from '../runtime/wave.ts';

/** Only the path matters to the static files' binding. */
const STORY_URL = 'https://assets.invalid/story.wav';

/** The samples are shared, the promise is not: an object that dies in mid-fetch must leave no other waiting for it. */
let story: Int16Array | null = null;

/** The story's samples at AGENT_RATE_HZ: read, never written. Rejects when the file cannot be had; the next call tries again. */
export async function loadStory(assets: Fetcher): Promise<Int16Array> {
  if (story !== null) return story;
  const response = await assets.fetch(STORY_URL);
  if (!response.ok) throw new Error(`The story answered with status ${response.status}.`);
  story = readWave(await response.arrayBuffer(), AGENT_RATE_HZ);
  return story;
}
