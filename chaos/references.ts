// What must come of each scene: taken from conversations that nothing happens to.

import { CommandError } from '../client/node/command-error.ts';
import type { Bundle } from './chaotic-service.ts';
import { ChaoticService } from './chaotic-service.ts';
import { holdUnderFault, recordingVerdict } from './conversation.ts';
import type { Scene } from './scene.ts';
import type { Counts } from './tally.ts';
import { type Expectation, type ExpectedTurn, judge, turnsOf } from './verdict.ts';

/** What an uninterrupted conversation had, and what it cost. */
export interface Reference {
  readonly expectation: Expectation;
  readonly counts: Counts | null;
}

/** Holds one conversation of each scene without a fault. Throws CommandError when one is not as it must be. */
export async function holdReferences(
  bundle: Bundle,
  scenes: readonly Scene[],
  stop: AbortSignal,
): Promise<ReadonlyMap<Scene, Reference>> {
  const service = await ChaoticService.start(bundle);
  try {
    const references = await Promise.all(
      scenes.map(async (scene, index) => {
        const options = {
          service,
          scene,
          seed: index,
          kinds: [],
          failsBucket: false,
          happened: () => {},
          stop,
        };
        const held = await holdUnderFault({ ...options, faultIntervalMs: null });
        const { log, counts } = held;
        const turns = turnsOf(log);
        const expectation = expectationOf(scene, turns);
        const faults = [
          ...judge(expectation, log).faults,
          ...recordingVerdict(held.recording, scene, expectation).faults,
        ];
        if (faults.length > 0 || (scene.speech === null && turns.length === 0)) {
          throw new CommandError(
            `The uninterrupted "${scene.name}" is not as it must be: ${faults.join(' ')}`,
          );
        }
        return [scene, { expectation, counts }] as const;
      }),
    );
    return new Map(references);
  } finally {
    await service.stop();
  }
}

/** What must come of a scene in which these turns were told. */
export function expectationOf(scene: Scene, turns: readonly ExpectedTurn[]): Expectation {
  if (scene.speech !== null) return { turns: [], speech: scene.speech, isWhole: false };
  const speech = new Int16Array(turns.reduce((sum, { start, end }) => sum + end - start, 0));
  let length = 0;
  for (const { start, end } of turns) {
    speech.set(scene.voice.subarray(start, end), length);
    length += end - start;
  }
  return { turns, speech, isWhole: true };
}
