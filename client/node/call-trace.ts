// What the player had in hand during a call, and when it found nothing: the part of the truth that events do not tell.

import type { PlaybackStatus } from '../session/player.ts';

/** A look at the player for each block of the sound device, from the call's first one on. */
export class CallTrace {
  /** Speech that had arrived and was still to be played, in ms: one entry for each block. */
  readonly leadMs: number[] = [];
  /** When a pull found nothing, in ms of the call. */
  readonly underrunsAtMs: number[] = [];
  #underruns = 0;

  /** Takes note of the player's status just after the block that sounds at `atMs` was pulled. */
  block({ bufferedMs, underruns }: PlaybackStatus, atMs: number): void {
    this.leadMs.push(bufferedMs);
    if (underruns > this.#underruns) this.underrunsAtMs.push(atMs);
    this.#underruns = underruns;
  }
}
