// LiveKit's voice activity detector by itself, as livekit/agents has it (August 2026): its rules, on our scores.

import { type TurnEdge, type TurnFinder, WINDOW_SECONDS } from './detector.ts';

/** Options by their names there, durations in seconds. */
export interface LivekitOptions {
  readonly minSpeechDuration: number;
  readonly minSilenceDuration: number;
  readonly activationThreshold: number;
  readonly deactivationThreshold: number;
  /** Share of the last smoothed score in the next (ExpFilter's alpha); 0 is no smoothing. */
  readonly smoothing: number;
}

/** Defaults of livekit-plugins-silero, livekit/plugins/silero/vad.py. */
export const LIVEKIT_SILERO: LivekitOptions = {
  minSpeechDuration: 0.05,
  minSilenceDuration: 0.55,
  activationThreshold: 0.5,
  deactivationThreshold: 0.35,
  smoothing: 0.35,
};

/** Defaults of the detector built into livekit-agents, livekit/agents/inference/vad.py: less silence, no smoothing. */
export const LIVEKIT_BUILT_IN: LivekitOptions = {
  ...LIVEKIT_SILERO,
  minSilenceDuration: 0.25,
  smoothing: 0,
};

export function livekitDetector(options: LivekitOptions): TurnFinder {
  return ({ scores }) => {
    const edges: TurnEdge[] = [];
    let smoothed = scores[0] ?? 0;
    let speaking = false;
    let speech = 0;
    let silence = 0;
    for (const [window, score] of scores.entries()) {
      smoothed = options.smoothing * smoothed + (1 - options.smoothing) * score;
      const atSeconds = (window + 1) * WINDOW_SECONDS;
      if (
        smoothed >= options.activationThreshold ||
        (speaking && smoothed > options.deactivationThreshold)
      ) {
        speech += WINDOW_SECONDS;
        silence = 0;
        if (speaking || speech < options.minSpeechDuration) continue;
        edges.push({ kind: 'start', atSeconds, sinceSeconds: atSeconds - speech });
        speaking = true;
      } else {
        silence += WINDOW_SECONDS;
        speech = 0;
        if (!speaking || silence < options.minSilenceDuration) continue;
        edges.push({ kind: 'end', atSeconds });
        speaking = false;
      }
    }
    return edges;
  };
}
