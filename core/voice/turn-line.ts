// The turns so far, one after another: their numbers, where the last one ended, and whether it may go on.

import type { TurnEndReason } from '../wire/messages.ts';

/** Whether a turn that ended for a reason may go on in the next one. */
const MAY_GO_ON = {
  silence: false,
  'no-audio': true,
  'client-gone': true,
  'maximum-length': true,
  manual: false,
  ended: false,
} as const satisfies Record<TurnEndReason, boolean>;

/** State of a line of turns. */
export interface TurnLineSnapshot {
  readonly lastTurn: number;
  readonly endSample: number;
  readonly unfinished: number | null;
  readonly quietSamples: number;
}

/** Turns count from 1 and never overlap. */
export class TurnLine {
  #lastTurn = 0;
  #endSample = 0;
  /** A turn that was ended from outside while its speaker may not have been done. */
  #unfinished: number | null = null;
  /** Silence heard since that turn. */
  #quietSamples = 0;

  /** End of the last turn: none may begin before it. */
  get endSample(): number {
    return this.#endSample;
  }

  /** The turn that one starting now goes on with, or null. */
  get unfinished(): number | null {
    return this.#unfinished;
  }

  /** Starts a turn; returns its number. */
  start(): number {
    this.#unfinished = null;
    this.#lastTurn++;
    return this.#lastTurn;
  }

  /** Ends the turn started last. */
  end(endSample: number, reason: TurnEndReason): void {
    this.#endSample = endSample;
    this.#unfinished = MAY_GO_ON[reason] ? this.#lastTurn : null;
    this.#quietSamples = 0;
  }

  /** Ends the turn started last, or what might have become one, as if it had not been. */
  drop(endSample: number): void {
    this.#endSample = Math.max(this.#endSample, endSample);
    this.#unfinished = null;
  }

  /** Notes silence that was heard, not such that stands for lost audio; a hangover of it finishes any turn. */
  quiet(spanSamples: number, hangoverSamples: number): void {
    if (this.#unfinished === null) return;
    this.#quietSamples += spanSamples;
    if (this.#quietSamples >= hangoverSamples) this.#unfinished = null;
  }

  snapshot(): TurnLineSnapshot {
    return {
      lastTurn: this.#lastTurn,
      endSample: this.#endSample,
      unfinished: this.#unfinished,
      quietSamples: this.#quietSamples,
    };
  }

  restore(snapshot: TurnLineSnapshot): void {
    this.#lastTurn = snapshot.lastTurn;
    this.#endSample = snapshot.endSample;
    this.#unfinished = snapshot.unfinished;
    this.#quietSamples = snapshot.quietSamples;
  }
}
