// Who has the floor: the stages of barge-in, from a candidate over hold to commit or release (design: hold first, decide later).

import { msToSamples } from '../media/units.ts';
import type { Downlink } from '../playout/downlink.ts';
import { SCORER_RATE_HZ } from '../voice/scorer.ts';

/** State of the floor. */
export type FloorPhase =
  | { readonly kind: 'free' }
  /** The caller speaks while the agent does: the agent is held, and knows nothing. */
  | { readonly kind: 'contested' };

const FREE: FloorPhase = { kind: 'free' };
const CONTESTED: FloorPhase = { kind: 'contested' };

/** 'granted': the caller's turn is to be told. 'refused': it is to be forgotten. 'undecided': nothing changes. */
export type FloorVerdict = 'undecided' | 'granted' | 'refused';

/** Moves the downlink through hold, commit and release; says what becomes of the caller's turn. */
export class Floor {
  readonly #downlink: Downlink;
  #commitSamples: number;
  #phase: FloorPhase = FREE;

  /** `commitSpeechMs`: speech that takes the floor. */
  constructor(downlink: Downlink, commitSpeechMs: number) {
    this.#downlink = downlink;
    this.#commitSamples = msToSamples(commitSpeechMs, SCORER_RATE_HZ);
  }

  configure(commitSpeechMs: number): void {
    this.#commitSamples = msToSamples(commitSpeechMs, SCORER_RATE_HZ);
  }

  get contested(): boolean {
    return this.#phase.kind === 'contested';
  }

  /** The caller begins to speak. */
  speechStarted(nowMs: number): void {
    if (!this.contested && this.#downlink.hold(nowMs)) this.#phase = CONTESTED;
  }

  /** `speechSamples` (16 kHz) of the caller since the candidate began. */
  heard(speechSamples: number, nowMs: number): FloorVerdict {
    if (!this.contested) return 'undecided';
    if (!this.#downlink.speaking) return this.#settle('granted');
    if (speechSamples < this.#commitSamples) return 'undecided';
    return this.take(nowMs);
  }

  /** The caller fell silent before the floor was taken. */
  speechStopped(nowMs: number): FloorVerdict {
    if (!this.contested) return 'undecided';
    if (!this.#downlink.speaking) return this.#settle('granted');
    this.#downlink.release(nowMs);
    return this.#settle('refused');
  }

  /** The caller takes the floor by a button, by a manual turn, or by having spoken long enough. */
  take(nowMs: number): FloorVerdict {
    this.#downlink.interrupt(nowMs, 'caller');
    return this.#settle('granted');
  }

  snapshot(): FloorPhase {
    return this.#phase;
  }

  restore(phase: FloorPhase | undefined): void {
    this.#phase = phase?.kind === 'contested' ? CONTESTED : FREE;
  }

  #settle(verdict: FloorVerdict): FloorVerdict {
    this.#phase = FREE;
    return verdict;
  }
}
