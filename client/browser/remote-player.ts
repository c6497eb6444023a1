// Stands in for the player in the worklet: passes on what the session wants, and knows what the worklet last told.

import { emptyStatus, type MutableStatus } from '../session/mutable-status.ts';
import type { PacketOutcome, Player, PlayerAnswer } from '../session/player.ts';
import type { PlaybackNews, PlaybackOrder } from './worklet-messages.ts';

/**
 * Its status is up to 10 ms old. A resume that asks for what the worklet has got meanwhile is answered with packets that
 * come again, which the worklet knows and drops; so nothing is lost and nothing is heard twice.
 */
export class RemotePlayer implements Player {
  readonly status: MutableStatus = emptyStatus();
  readonly #post: (order: PlaybackOrder) => void;
  readonly #answers: PlayerAnswer[] = [];

  /** `post` copies what it is given. */
  constructor(post: (order: PlaybackOrder) => void) {
    this.#post = post;
  }

  /** Time from the player to the ear, as the page last said. */
  set outputLatencyMs(latencyMs: number) {
    this.status.outputLatencyMs = latencyMs;
  }

  /** The worklet has told something. */
  hear(news: PlaybackNews): void {
    if (news.type === 'answer') {
      this.#answers.push(news.answer);
      return;
    }
    const { outputLatencyMs } = this.status;
    Object.assign(this.status, news.status);
    this.status.outputLatencyMs = outputLatencyMs;
  }

  /** The worklet judges; here every packet counts as accepted. */
  receive(packet: Uint8Array): PacketOutcome {
    this.#post(packet);
    return 'accepted';
  }

  hold(generation: number): void {
    this.#post({ type: 'hold', generation });
  }

  release(generation: number, fromSample: number): void {
    this.#post({ type: 'release', generation, fromSample });
  }

  clear(generation: number): void {
    this.#post({ type: 'clear', generation });
  }

  dropBelow(generation: number): void {
    this.#post({ type: 'dropBelow', generation });
  }

  takeAnswer(answer: PlayerAnswer): boolean {
    const due = this.#answers.shift();
    if (due === undefined) return false;
    Object.assign(answer, due);
    return true;
  }
}
