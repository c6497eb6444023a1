// The run of speech that is being heard, and where it is cut when it was heard faster or slower than it was given.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';
import { quietestPosition } from './quiet-spot.ts';
import type { Run } from './runs.ts';
import type { SpeechSource } from './speech-source.ts';

/** A report that is further away from its run is evidence of a pause or a jump; what is nearer is jitter, or drift that can wait. */
export const TOLERANCE_SAMPLES = msToSamples(10, ENGINE_RATE_HZ);

/** Where the listener was, as positions on both lines. */
export interface Pair {
  readonly speech: number;
  readonly sample: number;
}

/** The run that is being heard. */
export interface OpenRun extends Run {
  last: Pair;
  /** Speech that the player had when it last told: no pause begins before its end. */
  bufferedTo: number;
  /** The player stood still at `last`. */
  isStuck: boolean;
  /** A report that came later than the run would have it, and whose cause the next one tells. */
  late: Pair | null;
}

/** How much later than its run a report is. */
export function shiftOf(run: Run, { speech, sample }: Pair): number {
  return sample - speech - (run.sample - run.speechFrom);
}

/** A run ends at `speechTo`; the next goes on at `goesOnAt`, so that it passes through the pair. */
export interface Cut {
  readonly speechTo: number;
  readonly goesOnAt: number;
  readonly at: Pair;
}

/**
 * Cuts that make up evenly, and each by no more than the tolerance, for a pair that lies `shift` samples later than the
 * run would have it, or earlier. Each is where it is quietest; what is put in is silence, and what is left out is not heard.
 */
export function cutsBetween(
  { last, sample, speechFrom }: OpenRun,
  pair: Pair,
  shift: number,
  speech: SpeechSource,
): Cut[] {
  const steps = Math.ceil(Math.abs(shift) / TOLERANCE_SAMPLES);
  const length = (pair.speech - last.speech) / steps;
  const leftOut = Math.max(0, -shift / steps);
  const offset = sample - speechFrom;
  return Array.from({ length: steps }, (_, step) => {
    const from = Math.floor(last.speech + step * length);
    const to = Math.floor(last.speech + (step + 1) * length);
    const speechTo = quietestPosition(speech, from, Math.max(from, Math.floor(to - leftOut)));
    const goesOnAt = Math.min(to, Math.round(speechTo + leftOut));
    const at = { speech: to, sample: to + offset + (shift * (step + 1)) / steps };
    return { speechTo, goesOnAt, at };
  });
}
