// What the caller says, and which of it must become turns.

import type { Scenario, Talk } from '../scenario.ts';
import { FIRST_SPEECH } from '../watermark.ts';

const SAMPLES_PER_MS = 16;

/** A talk that takes the floor, whoever else speaks: onset, 500 ms to commit, and some windows. */
const LONG_MS = 1000;

/** The caller's talks by their mark's number. */
export class TalkBook {
  readonly recording: Int16Array | null;
  readonly #talks: readonly Talk[];
  readonly #microphone: Int16Array;

  constructor(scenario: Scenario, microphone: Int16Array) {
    this.#talks = scenario.talks;
    this.#microphone = microphone;
    // Recorded speech has no marks: it is compared sample by sample.
    this.recording = scenario.scorer === 'kernel' ? microphone : null;
  }

  get all(): readonly Talk[] {
    return this.#talks;
  }

  samplesOf(number: number): Int16Array | undefined {
    const talk = this.#talks[number - FIRST_SPEECH];
    if (talk === undefined) return undefined;
    return this.#microphone.subarray(
      talk.atMs * SAMPLES_PER_MS,
      (talk.atMs + talk.forMs) * SAMPLES_PER_MS,
    );
  }

  /** Position of a talk's first sample, in samples since the microphone was opened. */
  startOf(number: number): number {
    return this.#talks[number - FIRST_SPEECH]!.atMs * SAMPLES_PER_MS;
  }

  numberOf(index: number): number {
    return FIRST_SPEECH + index;
  }
}

/** Whether a talk is long enough to be told in any case. */
export function isLong(talk: Talk): boolean {
  return talk.forMs >= LONG_MS;
}
