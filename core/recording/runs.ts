// Stretches of the agent's speech on the caller's time.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';

/**
 * A stretch of speech that was heard as it was given. Speech positions count 16 kHz samples of all that the agent said;
 * `sample` is where `speechFrom` lies on the caller's 16 kHz time.
 */
export interface Run {
  readonly utterance: number;
  readonly generation: number;
  readonly speechFrom: number;
  /** Infinity while only the end of the utterance will tell. */
  speechTo: number;
  readonly sample: number;
}

/** Runs that overlap by no more than this are pushed apart; more means that the earlier one was not heard so far. */
const PUSH_SAMPLES = msToSamples(20, ENGINE_RATE_HZ);

/** Numbers of one run when packed. */
const FIELDS = 5;

/** Runs as five numbers each, which is how they are stored. */
export function packRuns(runs: readonly Run[]): Float64Array {
  return Float64Array.from(
    runs.flatMap(({ utterance, generation, speechFrom, speechTo, sample }) => [
      utterance,
      generation,
      speechFrom,
      speechTo,
      sample,
    ]),
  );
}

/** Undoes `packRuns`. */
export function unpackRuns(numbers: Float64Array): Run[] {
  return Array.from({ length: numbers.length / FIELDS }, (_, index) => {
    const [utterance, generation, speechFrom, speechTo, sample] = numbers.subarray(FIELDS * index);
    return {
      utterance: utterance!,
      generation: generation!,
      speechFrom: speechFrom!,
      speechTo: speechTo!,
      sample: sample!,
    };
  });
}

/** Nobody hears two stretches at once: a small overlap is jitter and moves the later one, a larger one ends the earlier. */
export function withoutOverlap(runs: readonly Run[]): readonly Run[] {
  const placed: Run[] = [];
  for (const run of runs) {
    const before = placed.at(-1);
    const end = before === undefined ? 0 : before.sample + before.speechTo - before.speechFrom;
    const overlap = end - run.sample;
    if (before === undefined || overlap <= 0) {
      placed.push({ ...run });
    } else if (overlap <= PUSH_SAMPLES) {
      placed.push({ ...run, sample: end });
    } else {
      before.speechTo = Math.max(before.speechFrom, before.speechTo - overlap);
      placed.push({ ...run });
    }
  }
  return placed.filter(({ speechFrom, speechTo }) => speechTo > speechFrom);
}
