// The answers that a player owes: at most one `held` and one `cleared`.

import type { PlaybackStatus, PlayerAnswer } from './player.ts';

/** Keeps the positions of answers until they are collected. Nothing is allocated after construction. */
export class PlayerAnswers {
  readonly #held: PlayerAnswer = { kind: 'held', generation: 0, playedSamples: 0 };
  readonly #cleared: PlayerAnswer = { kind: 'cleared', generation: 0, playedSamples: 0 };
  #isHeldDue = false;
  #isClearedDue = false;

  /** Silent since the position of `status`. */
  held(status: PlaybackStatus): void {
    this.#isHeldDue = true;
    moveTo(this.#held, status);
  }

  /** Cleared at the position of `status`; a hold that was not yet answered is answered by this. */
  cleared(status: PlaybackStatus): void {
    this.#isHeldDue = false;
    this.#isClearedDue = true;
    moveTo(this.#cleared, status);
  }

  /** Writes the next answer into `answer` and returns true, or returns false when none is due. */
  take(answer: PlayerAnswer): boolean {
    if (!this.#isHeldDue && !this.#isClearedDue) return false;
    const due = this.#isHeldDue ? this.#held : this.#cleared;
    if (this.#isHeldDue) this.#isHeldDue = false;
    else this.#isClearedDue = false;
    answer.kind = due.kind;
    moveTo(answer, due);
    return true;
  }
}

function moveTo(
  answer: PlayerAnswer,
  position: { readonly generation: number; readonly playedSamples: number },
): void {
  answer.generation = position.generation;
  answer.playedSamples = position.playedSamples;
}
