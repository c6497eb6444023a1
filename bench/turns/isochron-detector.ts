// The turn detector of this project, on scores that are there already.

import { type ConfigOverrides, conversationConfig } from '../../core/conversation/config.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { TurnDetector } from '../../core/voice/turn-detector.ts';
import type { TurnEdge, TurnFinder } from './detector.ts';

export function isochronDetector(overrides: ConfigOverrides): TurnFinder {
  const config = conversationConfig(overrides);
  return ({ scores }) => {
    const edges: TurnEdge[] = [];
    let heardSample = 0;
    const detector: TurnDetector = new TurnDetector(config, 'automatic', {
      speechStarted: (atSample) => {
        if (detector.phase.kind !== 'open') heardSample = atSample;
      },
      turnStarted: () => {
        const [atSeconds, sinceSeconds] = [seconds(detector.position), seconds(heardSample)];
        edges.push({ kind: 'start', atSeconds, sinceSeconds });
      },
      turnEnded: () => {
        edges.push({ kind: 'end', atSeconds: seconds(detector.position) });
      },
      speechStopped: () => {},
      misfire: () => {},
    });
    for (const [window, score] of scores.entries()) {
      detector.window(window * WINDOW_SAMPLES, WINDOW_SAMPLES, score, true);
    }
    return edges;
  };
}

function seconds(sample: number): number {
  return sample / SCORER_RATE_HZ;
}
