// Turns as the labels have them: speech, and the pauses in it that are shorter than a limit.

import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';
import type { LabelledFile, LabelledSpan } from '../accuracy/labelled-folder.ts';

/** Speech that reaches this close to the end of a recording may go on after it. */
const CUT_OFF_SECONDS = 0.1;

/** One turn, from its first speech to its last. */
export interface TrueTurn {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** The recording ends before the turn does. */
  readonly cutOff: boolean;
}

/** The turns of a file, when pauses shorter than `gapSeconds` belong to a turn. */
export function trueTurns({ spans, samples }: LabelledFile, gapSeconds: number): TrueTurn[] {
  const turns: TrueTurn[] = [];
  const fileEnd = samples.length / SCORER_RATE_HZ;
  for (const { fromSeconds, toSeconds } of spans.filter(isSpeech)) {
    const before = turns.at(-1);
    const goesOn = before !== undefined && fromSeconds - before.endSeconds < gapSeconds;
    if (goesOn) turns.pop();
    turns.push({
      startSeconds: goesOn ? before.startSeconds : fromSeconds,
      endSeconds: toSeconds,
      cutOff: toSeconds > fileEnd - CUT_OFF_SECONDS,
    });
  }
  return turns;
}

/** Time that is labelled as something else than speech. */
export function otherSeconds(spans: readonly LabelledSpan[]): number {
  return spans
    .filter(({ label }) => label === 'other')
    .reduce((sum, { fromSeconds, toSeconds }) => sum + toSeconds - fromSeconds, 0);
}

/** Whether speech, or what may be speech, lies between two moments. */
export function mayHoldSpeech(spans: readonly LabelledSpan[], from: number, to: number): boolean {
  return spans.some(
    ({ label, fromSeconds, toSeconds }) =>
      label !== 'other' && fromSeconds < to && toSeconds > from,
  );
}

function isSpeech({ label }: LabelledSpan): boolean {
  return label === 'speech';
}
