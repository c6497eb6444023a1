// The port of whoever can tell that what sounds like speech is not the caller's.

import type { SampleRing } from '../media/sample-ring.ts';

/** Hears what the scorers hear, a little earlier. */
export interface SpeechGate {
  /** The microphone's audio has come, as far as the ring's end. */
  heard(microphone: SampleRing): void;
  /** Whether the caller may be heard in a window that ends at `toSample`; `isLoud`: it scores as speech. */
  admits(toSample: number, isLoud: boolean): boolean;
  /** Whether in such a window, not admitted, a caller may be hidden for a moment by what is about to be over. */
  hides(toSample: number): boolean;
  /** Since when the caller has been heard beside something else, Infinity when there is nothing else. */
  readonly callerSinceSample: number;
}
