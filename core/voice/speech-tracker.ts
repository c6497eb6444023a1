// Turns scores into speech and silence: onset, hysteresis, pause, and where speech began and ended.

import type { ConversationConfig } from '../conversation/config.ts';
import { msToSamples } from '../media/units.ts';
import { Hangover, type HangoverSnapshot } from './hangover.ts';
import { SCORER_RATE_HZ } from './scorer.ts';

/**
 * Silero VAD v6.2 goes on scoring speech for a while after the last sound of it: ends of speech are moved back by
 * this much (48 ms). Over 185 labelled ends of studio, digit and synthetic speech, clean and noisy, the last window
 * of speech ended 45 to 57 ms (medians) after the label, nine in ten of them less than 130 ms after it.
 */
export const MODEL_TAIL_SAMPLES = 768;

/** What a window changed. */
export type SpeechChange = 'none' | 'started' | 'stopped';

/** 'rising': louder than the threshold, not for long enough yet. 'speaking' includes pauses shorter than `pauseMs`. */
export type SpeechPhase = 'quiet' | 'rising' | 'speaking';

/** State of a tracker. */
export interface SpeechTrackerSnapshot {
  readonly phase?: SpeechPhase | undefined;
  readonly loud?: boolean | undefined;
  readonly risingSample?: number | undefined;
  readonly risingSamples?: number | undefined;
  readonly startSample?: number | undefined;
  readonly lastSpeechSample?: number | undefined;
  readonly lostSamples?: number | undefined;
  readonly hangover?: HangoverSnapshot | undefined;
}

/** Takes one window after another; allocates nothing, except by `snapshot`. */
export class SpeechTracker {
  readonly #hangover: Hangover;
  #enterThreshold = 0;
  #leaveThreshold = 0;
  #onsetSamples = 0;
  #pauseSamples = 0;
  #phase: SpeechPhase = 'quiet';
  /** The last window counted as speech. */
  #loud = false;
  /** What the next window must score to count as speech. */
  #threshold = 0;
  #risingSample = 0;
  #risingSamples = 0;
  #startSample = 0;
  #lastSpeechSample = 0;
  /** Length of the missing window just after the last one of speech, 0 when that one was scored. */
  #lostSamples = 0;
  #newSpeechSamples = 0;

  constructor(config: ConversationConfig) {
    this.#hangover = new Hangover(config);
    this.configure(config);
  }

  /** Takes the thresholds, `onsetMs`, `pauseMs` and the hangover; the next window is the first to feel them. */
  configure(config: ConversationConfig): void {
    this.#enterThreshold = config.enterThreshold;
    this.#leaveThreshold = config.leaveThreshold;
    this.#onsetSamples = msToSamples(config.onsetMs, SCORER_RATE_HZ);
    this.#pauseSamples = msToSamples(config.pauseMs, SCORER_RATE_HZ);
    this.#hangover.configure(config);
    this.#setLoud(this.#loud);
  }

  get phase(): SpeechPhase {
    return this.#phase;
  }

  /** The last window counted as speech. */
  get loud(): boolean {
    return this.#loud;
  }

  /** First sample of the speech that goes on or was last. */
  get startSample(): number {
    return this.#startSample;
  }

  /** End of the last window of that speech, the model's tail included. */
  get lastSpeechSample(): number {
    return this.#lastSpeechSample;
  }

  /**
   * End of that speech, without the model's tail. Lost audio cuts the tail off; the missing window may begin with
   * speech, so it belongs to it.
   */
  get endSample(): number {
    if (this.#lostSamples > 0) return this.#lastSpeechSample + this.#lostSamples;
    return Math.max(this.#startSample, this.#lastSpeechSample - MODEL_TAIL_SAMPLES);
  }

  /** Speech that the last window added: the whole onset at once when it completed one. */
  get newSpeechSamples(): number {
    return this.#newSpeechSamples;
  }

  /** Whether the next window counts as speech when it scores this. */
  isLoud(probability: number): boolean {
    return probability >= this.#threshold;
  }

  /**
   * Whether silence up to `endSample` ends a turn with so much speech: it has lasted long enough, and nothing rises that
   * may prove to be speech.
   */
  isHungOver(endSample: number, speechSamples: number): boolean {
    if (this.#phase === 'rising') return false;
    return this.#hangover.isOver(endSample - this.#lastSpeechSample, speechSamples);
  }

  /** The score of the window that `window` takes next. */
  set nextProbability(probability: number) {
    this.#hangover.nextProbability = probability;
  }

  /** Takes a window. One that was not `scored` can end speech, but is no speech itself. */
  window(startSample: number, spanSamples: number, loud: boolean, scored: boolean): SpeechChange {
    const endSample = startSample + spanSamples;
    this.#newSpeechSamples = 0;
    if (scored) {
      this.#setLoud(loud);
      if (loud) return this.#speech(startSample, endSample);
      this.#hangover.silence(spanSamples);
      return this.#silence(endSample);
    }
    this.#hangover.lost(spanSamples);
    if (startSample === this.#lastSpeechSample) this.#lostSamples = spanSamples;
    // A score that fades because audio is missing does not begin anything.
    this.#setLoud(loud && this.#phase !== 'quiet');
    return this.#loud ? 'none' : this.#silence(endSample);
  }

  /** Forgets that speech goes on; returns whether it did. What comes next needs an onset again. */
  fallSilent(): boolean {
    const wasSpeaking = this.#phase === 'speaking';
    this.#phase = 'quiet';
    this.#setLoud(false);
    return wasSpeaking;
  }

  snapshot(): SpeechTrackerSnapshot {
    return {
      phase: this.#phase,
      loud: this.#loud,
      risingSample: this.#risingSample,
      risingSamples: this.#risingSamples,
      startSample: this.#startSample,
      lastSpeechSample: this.#lastSpeechSample,
      lostSamples: this.#lostSamples,
      hangover: this.#hangover.snapshot(),
    };
  }

  restore(snapshot: SpeechTrackerSnapshot): void {
    this.#phase = snapshot.phase ?? 'quiet';
    this.#setLoud(snapshot.loud ?? false);
    this.#risingSample = snapshot.risingSample ?? 0;
    this.#risingSamples = snapshot.risingSamples ?? 0;
    this.#startSample = snapshot.startSample ?? 0;
    this.#lastSpeechSample = snapshot.lastSpeechSample ?? 0;
    this.#lostSamples = snapshot.lostSamples ?? 0;
    if (snapshot.hangover !== undefined) this.#hangover.restore(snapshot.hangover);
    this.#newSpeechSamples = 0;
  }

  #setLoud(loud: boolean): void {
    this.#loud = loud;
    this.#threshold = loud ? this.#leaveThreshold : this.#enterThreshold;
  }

  #speech(startSample: number, endSample: number): SpeechChange {
    if (this.#phase === 'speaking') {
      this.#newSpeechSamples = endSample - startSample;
      this.#hearUntil(endSample);
      return 'none';
    }
    if (this.#phase === 'quiet') {
      this.#phase = 'rising';
      this.#risingSample = startSample;
      this.#risingSamples = 0;
    }
    this.#risingSamples += endSample - startSample;
    if (this.#risingSamples < this.#onsetSamples) return 'none';
    this.#phase = 'speaking';
    this.#startSample = this.#risingSample;
    this.#newSpeechSamples = this.#risingSamples;
    this.#hearUntil(endSample);
    return 'started';
  }

  #silence(endSample: number): SpeechChange {
    if (this.#phase === 'rising') this.#phase = 'quiet';
    if (this.#phase === 'quiet') return 'none';
    if (endSample - this.#lastSpeechSample < this.#pauseSamples) return 'none';
    this.#phase = 'quiet';
    return 'stopped';
  }

  #hearUntil(endSample: number): void {
    this.#lastSpeechSample = endSample;
    this.#lostSamples = 0;
    this.#hangover.speech();
  }
}
