// The same scenes with everything spoiled that they measure: a number that still looks well measures nothing.

import type { BenchBrowser } from './bench-browser.ts';
import type { Scenes } from './browser-result.ts';
import { AIMS, missedAims } from './browser-result.ts';
import { interrupt } from './interrupt-scene.ts';
import { becomeReady, type ClientSize } from './ready-scene.ts';
import type { Playing } from './stage.ts';
import { talk } from './talk-scene.ts';
import { passTones } from './tones-scene.ts';
import { VoiceFinder } from './voice-finder.ts';

/** A lead that a stall uses up, a network that stalls, and a page that forgets nothing. */
const STARVED = {
  conversation: { settings: { leadMs: 40 } },
  network: { stallMs: 400, stallEveryMs: 1500 },
  hoards: true,
};

/** The device stands still for a moment. */
const STAND_STILL =
  'call.context.suspend().then(() => setTimeout(() => call.context.resume(), 200)), 0';

const SLOW = { network: { delayMs: 400 } };

const STARVED_MINUTES = 1.1;
const SLOW_MINUTES = 0.7;

/** More than a crystal is off, and twice what is allowed. */
const SHARP = 0.0002;

/** Resolves to the numbers of spoiled scenes. */
export async function spoiledScenes(
  browser: BenchBrowser,
  playing: Playing,
  size: ClientSize,
): Promise<Scenes> {
  // Nothing that is said is a turn of an empty recording, so no answer can be judged.
  const deaf = { ...playing.stage, finder: new VoiceFinder(new Int16Array(0), []) };
  const starved = await talk(
    browser,
    { ...playing, stage: deaf },
    {
      minutes: STARVED_MINUTES,
      page: STARVED,
      spoil: STAND_STILL,
    },
  );
  const slow = await talk(browser, playing, { minutes: SLOW_MINUTES, page: SLOW });
  return {
    talk: { ...starved, turnLatencyMs: slow.turnLatencyMs },
    interrupt: await interrupt(browser, playing, { minutes: SLOW_MINUTES, page: SLOW }),
    ready: await becomeReady(browser, SLOW),
    tones: await passTones(browser, { sharp: SHARP, bare: true }),
    // As it would be if nobody compressed it.
    size: { ...size, gzBytes: size.plainBytes },
  };
}

/** Names of the numbers that say nothing though everything was done to them. */
export function silentAims(scenes: Scenes): readonly string[] {
  const missed = missedAims(scenes);
  return AIMS.map(({ name }) => name).filter((name) => !missed.includes(name));
}
