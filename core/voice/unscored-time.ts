// Lets time pass for a turn detector where there is no score: in silence that was skipped, and in lost audio.

import { WINDOW_SAMPLES } from './scorer.ts';
import type { TurnDetector } from './turn-detector.ts';

/** Share of the last score that remains for each window that went missing. */
const MISSING_DECAY = 0.5;

/** Passes silence of any length. */
export function passSilence(detector: TurnDetector, fromSample: number, toSample: number): void {
  let start = detector.skip(fromSample, toSample, true);
  while (start < toSample) {
    const span = Math.min(WINDOW_SAMPLES, toSample - start);
    detector.window(start, span, 0, true);
    start = detector.skip(start + span, toSample, true);
  }
}

/** Passes lost audio of any length: media time goes on and the score fades. */
export function passMissing(detector: TurnDetector, fromSample: number, toSample: number): void {
  let start = detector.skip(fromSample, toSample, false);
  while (start < toSample) {
    const span = Math.min(WINDOW_SAMPLES, toSample - start);
    detector.window(start, span, detector.probability * MISSING_DECAY, false);
    start = detector.skip(start + span, toSample, false);
  }
}
