// What all scenes of the browser benchmark are played on.

import type { VoiceFinder } from './voice-finder.ts';

export interface Stage {
  readonly service: URL;
  /** Knows the turns of what the microphone says. */
  readonly finder: VoiceFinder;
  /** Silence that ends a turn; a window more or less of it is the detector's. */
  readonly hangoverMs: number;
  /** Speech that makes a candidate for an interruption. */
  readonly onsetMs: number;
  /** Says in a few words what is going on. */
  readonly say: (words: string) => void;
}

/** A scene being played; aborting `stop` cuts it short. */
export interface Playing {
  readonly stage: Stage;
  readonly stop: AbortSignal;
}
