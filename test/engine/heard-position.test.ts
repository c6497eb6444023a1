// What the agent is told was heard, beside what sounded, over a link that is slower than the engine sends.

import { expect, it } from 'vitest';
import { CallWorld } from '../../bench/barge-in/call-world.ts';
import { interrupt, listen } from '../../bench/barge-in/interruption.ts';
import { randomFrom } from '../../bench/barge-in/random.ts';
import { TalkativeAgent } from '../../bench/barge-in/talkative-agent.ts';
import { readVoices } from '../../bench/barge-in/voices.ts';

const FRAME_SAMPLES = 320;
const TRIALS = 6;

it('[B21] tells what was heard to a frame where a hold and its release wait behind the speech they are for', async () => {
  const voices = await readVoices();
  const random = randomFrom(11);
  const agent = new TalkativeAgent(voices.story);
  const link = { delayMs: 40, downKbitPerSecond: 512 };
  const world = new CallWorld({ agent, ...link, echoGuard: 'auto', random });
  for (const clip of voices.interruptions.slice(0, TRIALS)) {
    listen(world, 2000 + Math.round(random() * 1000));
    interrupt(world, clip);
    const { heardSamples } = agent.interruptions.at(-1)!;
    expect(Math.abs(heardSamples - world.soundSamples)).toBeLessThanOrEqual(FRAME_SAMPLES);
    world.runTo(world.nowMs + 3500);
  }
  expect(agent.interruptions).toHaveLength(TRIALS);
  expect(world.sent.filter(({ type }) => type === 'release').length).toBeGreaterThan(0);
  expect(world.player.status.stretchMs).toBeGreaterThan(0);
});
