// Judges a conversation that is over by all that is left of it, and adds it up.

import type { HeldConversation } from './conversation.ts';
import { judgeRecording, type RecordingVerdict } from './recording-verdict.ts';
import type { Scene } from './scene.ts';
import type { Failure, Tally } from './tally.ts';
import { type Expectation, judge } from './verdict.ts';

/** Of the message `degraded`, from the best to the worst. */
const SCORING_LEVELS = ['full', 'queued', 'energy', 'skip'] as const;

/** Judges a conversation and adds it up. What it is found wanting in, or null. */
export function settle(
  { log, outside, history, beganMs, counts, recording }: HeldConversation,
  scene: Scene,
  expectation: Expectation,
  tally: Tally,
): Failure | null {
  const verdict = judge(expectation, log, outside);
  const recorded = recordingVerdict(recording, scene, expectation, acknowledged(scene, log));
  tally.judged(log, verdict, recorded, counts);
  const faults = [...verdict.faults, ...recorded.faults];
  if (faults.length === 0) return null;
  const failure = {
    scene: scene.name,
    conversation: log.conversation,
    history: [...history, ...tally.serviceFaults]
      .filter(({ atMs }) => atMs >= beganMs)
      .toSorted((one, other) => one.atMs - other.atMs)
      .map(({ atMs, name, isMissed = false }) => {
        const seconds = ((atMs - beganMs) / 1000).toFixed(1);
        return `${seconds} s ${name}${isMissed ? ' (its end unknown)' : ''}`;
      }),
    faults,
    scoring: worstScoring(log),
  };
  tally.failures.push(failure);
  return failure;
}

function worstScoring({ told }: HeldConversation['log']): string {
  const levels = told.flatMap(({ message }) =>
    message.type === 'degraded' ? [message.level] : [],
  );
  return SCORING_LEVELS.findLast((level) => levels.includes(level)) ?? 'full';
}

/** Where the acknowledged packets end on the caller's track, at the rate of the wire; a mute has none. */
function acknowledged(
  { uplink, mutes }: Scene,
  { packetsAcknowledged }: Pick<HeldConversation['log'], 'packetsAcknowledged'>,
): number {
  let endMs = packetsAcknowledged * uplink.frameMs;
  for (const { fromMs, toMs } of mutes) if (endMs > fromMs) endMs += toMs - fromMs;
  return (endMs * uplink.rateHz) / 1000;
}

/** The verdict on a recording, which must be there when one was asked for. */
export function recordingVerdict(
  recording: HeldConversation['recording'],
  { voice, mutes }: Scene,
  { turns, speech, track }: Expectation,
  acknowledgedSamples: number,
): RecordingVerdict {
  if (recording) {
    const said = { voice: track ?? voice, mutes, acknowledgedSamples };
    return judgeRecording({ ...said, turns, speech }, recording);
  }
  const faults = recording === null ? ['The recording was not made.'] : [];
  return { wrongSamples: 0, turnsToldTwice: 0, faults };
}
