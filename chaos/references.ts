// What must come of each scene: taken from conversations that nothing happens to.

import { CommandError } from '../client/node/command-error.ts';
import type { Bundle } from './chaotic-service.ts';
import { ChaoticService } from './chaotic-service.ts';
import { type HeldConversation, holdUnderFault } from './conversation.ts';
import { samplesOf } from './recording-verdict.ts';
import type { Scene } from './scene.ts';
import { recordingVerdict } from './settlement.ts';
import type { Counts } from './tally.ts';
import { type Expectation, type ExpectedTurn, judge } from './verdict.ts';

/** What comes down is cut into frames of 20 ms at 16 kHz. */
const FRAME_SAMPLES = 320;

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
        const { log, outside, counts } = held;
        const expectation = expectationOf(scene, held);
        const clears = log.told.filter(({ message }) => message.type === 'clear').length;
        const faults = [
          ...judge(expectation, log, outside).faults,
          ...recordingVerdict(held.recording, scene, expectation, Number.POSITIVE_INFINITY).faults,
          ...(clears === scene.interruptions ? [] : [`The agent was interrupted ${clears} times.`]),
        ];
        if (faults.length > 0 || (scene.voice.length > 0 && expectation.turns.length === 0)) {
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

/** What must come of a scene that was held without a fault. */
export function expectationOf(scene: Scene, held: HeldConversation): Expectation {
  const { log, outside, recording } = held;
  const { speech, interruptions } = scene;
  const turns = outside.map(({ startSample: start, endSample: end }) => ({ start, end }));
  const isPlain = scene.uplink.codec === 'pcm16';
  const track = isPlain || !recording ? null : withoutSilence(samplesOf(recording.callerWav));
  const common = { turns, interruptions, track };
  if (speech !== null) return { ...common, speech, isWhole: false, isAnswer: false };
  const answers = isPlain
    ? turns.map(({ start, end }) => scene.voice.subarray(start, end))
    : answersIn(log.heard, turns);
  return { ...common, speech: joined(answers), isWhole: true, isAnswer: true };
}

/** Without the silence at its end, which is of any length. */
function withoutSilence(samples: Int16Array): Int16Array {
  return samples.subarray(0, samples.findLastIndex((sample) => sample !== 0) + 1);
}

/** What came through a codec cannot be told from what was said: the answers as they were heard, in whole frames each. */
function answersIn(heard: Int16Array, turns: readonly ExpectedTurn[]): Int16Array[] {
  let at = 0;
  return turns.map(({ start, end }) => {
    const from = at;
    at += Math.ceil((end - start) / FRAME_SAMPLES) * FRAME_SAMPLES;
    return heard.subarray(from, from + end - start);
  });
}

function joined(pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const piece of pieces) {
    whole.set(piece, length);
    length += piece.length;
  }
  return whole;
}
