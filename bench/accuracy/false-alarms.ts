// Counts the stretches of speech that scores claim, by the rules of Silero's own get_speech_timestamps.

import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';

/** Defaults of get_speech_timestamps: speech begins at 0.5 and ends below 0.35 … */
export const ENTER_THRESHOLD = 0.5;
const LEAVE_THRESHOLD = 0.35;
/** … when 100 ms have passed without speech; what is not longer than 250 ms is thrown away. */
const MINIMUM_SILENCE_WINDOWS = (0.1 * SCORER_RATE_HZ) / WINDOW_SAMPLES;
const MINIMUM_SPEECH_WINDOWS = (0.25 * SCORER_RATE_HZ) / WINDOW_SAMPLES;

/** Stretches of speech in the scores of successive windows; on a recording without speech each is a false alarm. */
export function countSpeechStretches(scores: Float32Array): number {
  let count = 0;
  let start = -1;
  let silence = -1;
  for (const [window, score] of scores.entries()) {
    if (score >= ENTER_THRESHOLD) {
      silence = -1;
      if (start < 0) start = window;
    } else if (score < LEAVE_THRESHOLD && start >= 0) {
      if (silence < 0) silence = window;
      if (window - silence < MINIMUM_SILENCE_WINDOWS) continue;
      if (silence - start > MINIMUM_SPEECH_WINDOWS) count++;
      start = -1;
      silence = -1;
    }
  }
  return start >= 0 && scores.length - start > MINIMUM_SPEECH_WINDOWS ? count + 1 : count;
}
