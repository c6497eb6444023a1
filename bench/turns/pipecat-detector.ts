// Pipecat's voice activity detector by itself, as pipecat-ai/pipecat has it (August 2026): its rules, on our scores.

import { type TurnEdge, type TurnFinder, WINDOW_SECONDS } from './detector.ts';
import { loudnessOfWindows } from './loudness.ts';

/** Defaults of src/pipecat/audio/vad/vad_analyzer.py; durations in seconds, rounded to windows there as here. */
const CONFIDENCE = 0.7;
const MINIMUM_VOLUME = 0.6;
const START_WINDOWS = Math.round(0.2 / WINDOW_SECONDS);
const STOP_WINDOWS = Math.round(0.2 / WINDOW_SECONDS);
const VOLUME_SMOOTHING = 0.2;

/** src/pipecat/audio/utils.py: loudness from −110 to −10 LUFS is volume from 0 to 1; below the gate it is 0. */
const QUIETEST_LUFS = -110;
const LOUDEST_LUFS = -10;
const GATE_LUFS = -70;

export const pipecatDetector: TurnFinder = ({ samples, scores }) => {
  const loudness = loudnessOfWindows(samples);
  const edges: TurnEdge[] = [];
  let volume = 0;
  let speaking = false;
  /** Windows in a row that speak against the present state. */
  let against = 0;
  for (const [window, score] of scores.entries()) {
    volume += VOLUME_SMOOTHING * (volumeOf(loudness[window]!) - volume);
    const speech = score >= CONFIDENCE && volume >= MINIMUM_VOLUME;
    against = speech === speaking ? 0 : against + 1;
    if (against < (speaking ? STOP_WINDOWS : START_WINDOWS)) continue;
    const atSeconds = (window + 1) * WINDOW_SECONDS;
    const sinceSeconds = atSeconds - against * WINDOW_SECONDS;
    edges.push(speaking ? { kind: 'end', atSeconds } : { kind: 'start', atSeconds, sinceSeconds });
    speaking = !speaking;
    against = 0;
  }
  return edges;
};

function volumeOf(lufs: number): number {
  if (lufs < GATE_LUFS) return 0;
  return Math.max(0, Math.min(1, (lufs - QUIETEST_LUFS) / (LOUDEST_LUFS - QUIETEST_LUFS)));
}
