// Who has the floor: the stages of barge-in, from a candidate over hold to commit or release.

import { msToSamples } from '../media/units.ts';
import type { Downlink } from '../playout/downlink.ts';
import { unreachable } from '../unreachable.ts';
import { SCORER_RATE_HZ } from '../voice/scorer.ts';
import type { ConversationConfig } from './config.ts';

/** State of the floor, as long as turns are automatic; a manual turn is a decision, not a contest. */
export type FloorPhase =
  /** The caller is silent. */
  | { readonly kind: 'quiet' }
  /** The caller speaks, and no agent does. */
  | { readonly kind: 'speaking' }
  /** Both do: the agent is held, and knows nothing. The contest began after so much speech (16 kHz) of the turn. */
  | { readonly kind: 'contested'; readonly afterSamples: number };

const QUIET: FloorPhase = { kind: 'quiet' };
const SPEAKING: FloorPhase = { kind: 'speaking' };

/** 'granted': the caller's turn is to be told. 'refused': it is to be forgotten. 'undecided': nothing changes. */
export type FloorVerdict = 'undecided' | 'granted' | 'refused';

/** Moves the downlink through hold, commit and release; says what becomes of the caller's turn. */
export class Floor {
  readonly #downlink: Downlink;
  #onsetSamples = 0;
  #commitSamples = 0;
  #phase: FloorPhase = QUIET;

  constructor(downlink: Downlink, config: ConversationConfig) {
    this.#downlink = downlink;
    this.configure(config);
  }

  configure(config: ConversationConfig): void {
    this.#onsetSamples = msToSamples(config.onsetMs, SCORER_RATE_HZ);
    this.#commitSamples = msToSamples(config.commitSpeechMs, SCORER_RATE_HZ);
  }

  get contested(): boolean {
    return this.#phase.kind === 'contested';
  }

  /** The caller begins to speak. */
  speechStarted(): void {
    if (this.#phase.kind === 'quiet') this.#phase = SPEAKING;
  }

  /** After each frame: the caller has spoken for `speechSamples` (16 kHz) in the candidate or the open turn. */
  heard(speechSamples: number, nowMs: number): FloorVerdict {
    switch (this.#phase.kind) {
      case 'quiet':
        return 'undecided';
      case 'speaking':
        // Whichever of the two began first: two voices at once are a contest.
        if (this.#downlink.hold(nowMs)) {
          const afterSamples = Math.max(0, speechSamples - this.#onsetSamples);
          this.#phase = { kind: 'contested', afterSamples };
        }
        return 'undecided';
      case 'contested':
        if (!this.#downlink.speaking) return this.#decide(SPEAKING, 'granted');
        if (speechSamples - this.#phase.afterSamples < this.#commitSamples) return 'undecided';
        return this.take(nowMs);
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

  #decide(phase: FloorPhase, verdict: FloorVerdict): FloorVerdict {
    this.#phase = phase;
    return verdict;
  }
}
