// How much silence ends a turn: a constant, or one that depends on how silent it is and how long the turn has been.

import type { ConversationConfig } from '../conversation/config.ts';
import { msToSamples } from '../media/units.ts';
import { SCORER_RATE_HZ } from './scorer.ts';

/** Silence that scores this or less counts in full: clear pauses fall below it within three or four windows. */
const FULL_SCORE = 0.02;

/** Silence that scores this or more does not count: in an echoing room scores hover there between two words. */
const NO_SCORE = 0.2;
const SCALE = 1 / Math.log(NO_SCORE / FULL_SCORE);

/** After this much speech (4 s) a turn needs twice the silence: who has said much pauses to think. */
const DOUBLED_SAMPLES = 4 * SCORER_RATE_HZ;

/** The most silence that a turn of these settings can need before it ends, in ms. */
export function longestHangoverMs(config: ConversationConfig): number {
  return Math.max(config.hangoverMs, config.hangoverMaximumMs);
}

/** State of a hangover. */
export interface HangoverSnapshot {
  readonly countedSamples: number;
}

/**
 * Counts silence since the last window of speech. It ends a turn between `hangoverMs` and `hangoverMaximumMs`, exactly
 * at `hangoverMs` where the maximum is no longer than that. Allocates nothing, except by `snapshot`.
 */
export class Hangover {
  #hangoverSamples = 0;
  #maximumSamples = 0;
  /** Score of the window that `silence` takes next. */
  #probability = 0;
  #countedSamples = 0;

  constructor(config: ConversationConfig) {
    this.configure(config);
  }

  /** Takes `hangoverMs` and `hangoverMaximumMs`; silence that was counted stays so. */
  configure(config: ConversationConfig): void {
    this.#hangoverSamples = msToSamples(config.hangoverMs, SCORER_RATE_HZ);
    const maximumSamples = msToSamples(config.hangoverMaximumMs, SCORER_RATE_HZ);
    this.#maximumSamples = Math.max(this.#hangoverSamples, maximumSamples);
  }

  /** Set before `silence`: a fraction handed to a function that is not inlined is allocated. */
  set nextProbability(probability: number) {
    this.#probability = probability;
  }

  speech(): void {
    this.#countedSamples = 0;
  }

  /** Counts a window without speech by how low it scores, on a logarithmic scale. */
  silence(spanSamples: number): void {
    const share = Math.log(NO_SCORE / Math.max(this.#probability, FULL_SCORE)) * SCALE;
    if (share > 0) this.#countedSamples += Math.round(spanSamples * share);
  }

  /** Counts lost audio in full, so that it prolongs nothing. */
  lost(spanSamples: number): void {
    this.#countedSamples += spanSamples;
  }

  /** Whether a turn of so much speech ends, so long after the last of it. */
  isOver(silenceSamples: number, speechSamples: number): boolean {
    if (silenceSamples >= this.#maximumSamples) return true;
    const spoken = Math.min(speechSamples, DOUBLED_SAMPLES);
    return (
      this.#countedSamples * DOUBLED_SAMPLES >= this.#hangoverSamples * (DOUBLED_SAMPLES + spoken)
    );
  }

  snapshot(): HangoverSnapshot {
    return { countedSamples: this.#countedSamples };
  }

  restore(snapshot: HangoverSnapshot): void {
    this.#countedSamples = snapshot.countedSamples;
  }
}
