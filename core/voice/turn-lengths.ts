// The durations that shape a turn, in samples.

import type { ConversationConfig } from '../conversation/config.ts';
import { msToSamples } from '../media/units.ts';
import { SCORER_RATE_HZ } from './scorer.ts';

/** Durations of a configuration at SCORER_RATE_HZ. */
export interface TurnLengths {
  /** Speech that makes a turn: never less than an onset. */
  readonly minimumSpeechSamples: number;
  readonly hangoverSamples: number;
  readonly preRollSamples: number;
  readonly maximumTurnSamples: number;
  readonly cutLookbackSamples: number;
}

export function turnLengths(config: ConversationConfig): TurnLengths {
  const samples = (ms: number) => msToSamples(ms, SCORER_RATE_HZ);
  return {
    minimumSpeechSamples: samples(Math.max(config.onsetMs, config.minimumSpeechMs)),
    hangoverSamples: samples(config.hangoverMs),
    preRollSamples: samples(config.preRollMs),
    maximumTurnSamples: samples(config.maximumTurnMs),
    cutLookbackSamples: samples(config.cutLookbackMs),
  };
}
