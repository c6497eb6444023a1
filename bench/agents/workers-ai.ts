// `workers-ai` behind the engine, with fakes of its models.

import { ClockedWorld } from '../../test/fakes/clocked-world.ts';
import { WORKERS_AI_SABOTAGES } from '../../test/fakes/workers-ai/sabotages.ts';
import { holdWorkersAiCall } from '../../test/fakes/workers-ai/workers-ai-call.ts';
import { soak } from '../../test/fakes/workers-ai/workers-ai-soak.ts';
import type { Adapter } from './adapter.ts';

const SEED = 3;

/**
 * Added: to the first packet after the voice's first byte. Commit to wire: to the end of each run of model and voice. Heard:
 * against the words that the history keeps. Lost: caller audio that no model heard.
 */
export const workersAi: Adapter = {
  name: 'workers-ai',
  sabotages: WORKERS_AI_SABOTAGES,
  measure: ({ calls, minutes }) => {
    const figures = Array.from({ length: calls }, (_, index) =>
      holdWorkersAiCall({
        world: new ClockedWorld(),
        cutInMs: 200 + ((index * 137) % 1200),
        speed: index % 2 === 0 ? 1.2 : 20,
      }),
    );
    const long = soak({ lengthMs: minutes * 60_000, seed: SEED });
    const lostInCalls = figures.reduce((sum, { lostSamples }) => sum + lostSamples, 0);
    return {
      addedMs: figures.flatMap(({ firstAudioMs }) => firstAudioMs),
      workMs: figures.flatMap(({ addedMs }) => addedMs),
      commitToWireMs: figures.flatMap(({ commitToWireMs }) => commitToWireMs),
      heardErrorMs: figures.flatMap(({ heardErrorMs }) => heardErrorMs),
      lostSamples: lostInCalls + long.lostSamples,
      complaints: [...figures.flatMap(({ violations }) => violations), ...long.complaints],
    };
  },
};
