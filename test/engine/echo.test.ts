// An open speaker: the microphone hears what the agent says.

import { expect, it } from 'vitest';
import type { EchoGuardMode } from '../../core/voice/echo-guard.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { babble } from '../support/babble.ts';
import { EngineWorld } from '../support/engine-world.ts';

const END_MS = 16_000;
const DELAY_SAMPLES = 120 * 16;

/** Turns that a parrot is told of when a caller speaks once and its own voice comes back, 6 dB softer. */
function turnsTold(echoGuard: EchoGuardMode): number {
  const world = new VirtualWorld();
  const microphone = new Int16Array(END_MS * 16);
  microphone.set(
    babble(2, 5).map((sample) => 2 * sample),
    8000,
  );
  const agent = new Parrot({ interruptible: false });
  const engine = new EngineWorld({ world, agent, microphone, echoGuard });
  for (let done = 0; world.nowMs < END_MS - 200; ) {
    world.runTo(world.nowMs + 10);
    for (; done < engine.heard.length; done++) {
      const at = done + DELAY_SAMPLES;
      if (at < microphone.length) microphone[at] = microphone[at]! + engine.heard[done]! / 2;
    }
  }
  return engine.sent('turn').filter(({ state }) => state === 'ended').length;
}

it('[B39] lets a parrot answer the caller, and not itself', () => {
  expect(turnsTold('on')).toBe(1);
});

it('[B39] has an endless conversation with itself without the guard', () => {
  expect(turnsTold('off')).toBeGreaterThan(2);
});
