// What every turn detector looks like to the benchmark.

import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

/** A recording at SCORER_RATE_HZ in whole windows, and the score of each. */
export interface ScoredRecording {
  readonly samples: Int16Array;
  readonly scores: Float32Array;
}

/** An edge of a turn at the moment when the detector was sure of it, in seconds of the recording. */
export type TurnEdge =
  /** `sinceSeconds` is where the sound begins that the decision rests on. */
  | { readonly kind: 'start'; readonly atSeconds: number; readonly sinceSeconds: number }
  | { readonly kind: 'end'; readonly atSeconds: number };

/** Finds the turns of a recording: starts and ends take turns, in order. */
export type TurnFinder = (recording: ScoredRecording) => TurnEdge[];

export const WINDOW_SECONDS = WINDOW_SAMPLES / SCORER_RATE_HZ;
