// Finds the last pause before a position of the speech, so that a released player does not start inside a word.

import type { SpeechQueue } from './speech-queue.ts';

/** Speech is judged in steps of 10 ms. */
const STEP_SAMPLES = 160;

/** A pause lasts at least 50 ms: the closure of a "p" or "t" inside a word lasts less than that, as a rule. */
const PAUSE_STEPS = 5;

/** Where a pause ends, this much of it is played again: 20 ms, so that a soft first consonant is whole. */
const LEAD_IN_STEPS = 2;

/** How far back a search can go: 2 s, the largest `releaseBackUpMs`. */
const MAX_STEPS = 200;

/** A step is quiet 24 dB below the loudest step of the stretch … */
const QUIET_SHARE = 1 / 16;

/** … and in any case below this mean amplitude, −54 dB of full scale. */
const QUIET_LEVEL = 64;

export class PauseFinder {
  readonly #speech: SpeechQueue;
  readonly #step = new Int16Array(STEP_SAMPLES);
  /** Mean amplitude of each step; step k ends k steps before the position. */
  readonly #levels = new Float64Array(MAX_STEPS);

  constructor(speech: SpeechQueue) {
    this.#speech = speech;
  }

  /**
   * Position shortly before the end of the last pause between `lowest` and `position` (at most 2 s of it);
   * `position` itself when there is no pause.
   */
  pauseBefore(position: number, lowest: number): number {
    const steps = Math.min(MAX_STEPS, Math.floor((position - lowest) / STEP_SAMPLES));
    const quietLevel = Math.max(QUIET_LEVEL, this.#measure(position, steps) * QUIET_SHARE);
    let quietSteps = 0;
    for (let step = 0; step < steps; step++) {
      quietSteps = this.#levels[step]! <= quietLevel ? quietSteps + 1 : 0;
      if (quietSteps === PAUSE_STEPS) {
        const lastQuietStep = step - (PAUSE_STEPS - 1);
        return position - (lastQuietStep + LEAD_IN_STEPS) * STEP_SAMPLES;
      }
    }
    return position;
  }

  /** Measures every step and returns the loudest level. */
  #measure(position: number, steps: number): number {
    let loudest = 0;
    for (let step = 0; step < steps; step++) {
      const copied = this.#speech.copyTo(
        position - (step + 1) * STEP_SAMPLES,
        this.#step,
        0,
        STEP_SAMPLES,
      );
      let sum = 0;
      for (let index = 0; index < copied; index++) sum += Math.abs(this.#step[index]!);
      const level = sum / STEP_SAMPLES;
      this.#levels[step] = level;
      if (level > loudest) loudest = level;
    }
    return loudest;
  }
}
