// Who has the floor: the stages of barge-in, from a candidate over hold to commit or release.

import { msToSamples } from '../media/units.ts';
import type { Downlink } from '../playout/downlink.ts';
import { unreachable } from '../unreachable.ts';
import { FadingSpeech } from '../voice/fading-speech.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../voice/scorer.ts';
import type { VoiceActivity } from '../voice/voice-activity.ts';
import type { ConversationConfig } from './config.ts';

/** State of the floor, as long as turns are automatic; a manual turn is a decision, not a contest. */
export type FloorPhase =
  /** The caller is silent. */
  | { readonly kind: 'quiet' }
  /** The caller speaks, and no agent does. */
  | { readonly kind: 'speaking' }
  /** Both do: the agent is held, and knows nothing. Null when the sample is not known at which the contest began. */
  | { readonly kind: 'contested'; readonly sinceSample?: number | null | undefined };

/** Speech goes on across a lapse of two windows. */
const LAPSE_SAMPLES = 2 * WINDOW_SAMPLES;

/** An echo hides the caller for no longer than this (320 ms) when it hides them at all. */
const MOST_COVERED_SAMPLES = 10 * WINDOW_SAMPLES;

const QUIET: FloorPhase = { kind: 'quiet' };
const SPEAKING: FloorPhase = { kind: 'speaking' };

/** 'granted': the caller's turn is to be told. 'refused': it is to be forgotten. 'undecided': nothing changes. */
export type FloorVerdict = 'undecided' | 'granted' | 'refused';

/** Moves the downlink through hold, commit and release; says what becomes of the caller's turn. */
export class Floor {
  readonly #downlink: Downlink;
  readonly #voice: VoiceActivity;
  readonly #fading: FadingSpeech;
  #onsetSamples = 0;
  #commitSamples = 0;
  #fadeDb = 0;
  #phase: FloorPhase = QUIET;

  constructor(downlink: Downlink, voice: VoiceActivity, config: ConversationConfig) {
    this.#downlink = downlink;
    this.#voice = voice;
    this.#fading = new FadingSpeech(voice.heard);
    this.configure(config);
  }

  configure(config: ConversationConfig): void {
    this.#onsetSamples = msToSamples(config.onsetMs, SCORER_RATE_HZ);
    this.#commitSamples = msToSamples(config.commitSpeechMs, SCORER_RATE_HZ);
    this.#fadeDb = config.commitFadeDb;
  }

  get contested(): boolean {
    return this.#phase.kind === 'contested';
  }

  /** The caller begins to speak. */
  speechStarted(): void {
    if (this.#phase.kind === 'quiet') this.#phase = SPEAKING;
  }

  /** After each frame. */
  heard(nowMs: number): FloorVerdict {
    switch (this.#phase.kind) {
      case 'quiet':
        return 'undecided';
      case 'speaking':
        // Whichever of the two began first: two voices at once are a contest.
        if (this.#downlink.hold(nowMs)) this.#contest();
        return 'undecided';
      case 'contested':
        if (!this.#downlink.speaking) return this.#decide(SPEAKING, 'granted');
        if (this.#phase.sinceSample == null) this.#contest();
        return this.#hasLasted ? this.take(nowMs) : 'undecided';
      default:
        return unreachable(this.#phase);
    }
  }

  /** The caller fell silent. */
  speechStopped(nowMs: number): FloorVerdict {
    if (!this.contested) return this.#decide(QUIET, 'undecided');
    if (!this.#downlink.speaking) return this.#decide(QUIET, 'granted');
    this.#downlink.release(nowMs);
    return this.#decide(QUIET, 'refused');
  }

  /** The caller takes the floor by a button, by a manual turn, or by having spoken long enough. */
  take(nowMs: number): FloorVerdict {
    this.#downlink.interrupt(nowMs, 'caller');
    return this.#decide(this.#phase.kind === 'quiet' ? QUIET : SPEAKING, 'granted');
  }

  snapshot(): FloorPhase {
    return this.#phase;
  }

  restore(phase: FloorPhase | undefined): void {
    this.#phase = phase ?? QUIET;
  }

  /** The contest began with the onset that has just been heard, or before it, where an echo had covered the caller. */
  #contest(): void {
    const { detectorPosition, speechSamplesInTurn, callerSinceSample } = this.#voice;
    const onsetSample = detectorPosition - Math.min(speechSamplesInTurn, this.#onsetSamples);
    const coveredSample = Math.max(callerSinceSample, detectorPosition - MOST_COVERED_SAMPLES);
    this.#phase = { kind: 'contested', sinceSample: Math.min(onsetSample, coveredSample) };
  }

  /** Speech has gone on for long enough, and does not fade away just now: a word of assent ends like that. */
  get #hasLasted(): boolean {
    if (this.#phase.kind !== 'contested') return false;
    const { callerSinceSample, detectorPosition, lastSpeechSample } = this.#voice;
    const sinceSample = this.#phase.sinceSample ?? detectorPosition;
    if (detectorPosition - lastSpeechSample > LAPSE_SAMPLES) return false;
    // Beside an echo a window may be missed; by itself, speech is only what was heard as speech.
    const toSample = Number.isFinite(callerSinceSample) ? detectorPosition : lastSpeechSample;
    if (toSample - sinceSample < this.#commitSamples) return false;
    return !this.#fading.hasFaded(sinceSample, toSample, this.#fadeDb);
  }

  #decide(phase: FloorPhase, verdict: FloorVerdict): FloorVerdict {
    this.#phase = phase;
    return verdict;
  }
}
