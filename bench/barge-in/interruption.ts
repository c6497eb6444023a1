// One caller's interruption in a call, as the caller and the listener live through it.

import type { CallWorld } from './call-world.ts';
import { DEVICE_MS } from './call-world.ts';

/** So long without a sound is silence: the speech that is played has no zero samples. */
const SILENT_MS = 60;

/** An agent that does not come to speak for a while in this time never does. */
const LONGEST_WAIT_MS = 60_000;

/** What is not over by then has not worked. */
const GIVEN_UP_MS = 1800;

/** What became of it; times in ms since the first sound at the microphone, null for never. */
export interface Interruption {
  readonly silentMs: number | null;
  readonly holdMs: number | null;
  readonly clearMs: number | null;
}

/** Runs until the agent has been speaking for a while, `restMs` and a little. */
export function listen(world: CallWorld, restMs: number): void {
  let sinceMs = world.nowMs;
  const untilMs = world.nowMs + LONGEST_WAIT_MS;
  while (world.nowMs - sinceMs < restMs && world.nowMs < untilMs) {
    world.runTo(world.nowMs + DEVICE_MS);
    if (world.nowMs - world.lastSoundMs > 2 * DEVICE_MS) sinceMs = world.nowMs;
  }
}

/** The caller begins to speak now. */
export function interrupt(world: CallWorld, clip: Int16Array, gain = 1): Interruption {
  const onsetMs = world.nextSampleMs;
  const sinceMs = world.nowMs;
  world.speak(clip, gain);
  const silentAtMs = silence(world, sinceMs);
  world.runTo(sinceMs + GIVEN_UP_MS);
  return {
    silentMs: since(silentAtMs, onsetMs),
    holdMs: since(world.firstSince('hold', sinceMs), onsetMs),
    clearMs: since(world.firstSince('clear', sinceMs), onsetMs),
  };
}

/** When the speaker fell silent after `sinceMs`, null when it did not in time. */
export function silence(world: CallWorld, sinceMs: number): number | null {
  while (world.nowMs < sinceMs + GIVEN_UP_MS) {
    world.runTo(world.nowMs + DEVICE_MS);
    if (world.nowMs - world.lastSoundMs >= SILENT_MS) return world.lastSoundMs + DEVICE_MS;
  }
  return null;
}

function since(atMs: number | null, onsetMs: number): number | null {
  return atMs === null ? null : atMs - onsetMs;
}
