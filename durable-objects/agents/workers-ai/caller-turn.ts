// One turn of the caller on its way through a listening model: its audio until the words are there, and the words so far.

import * as v from 'valibot';
import { AGENT_RATE_HZ } from '../../../core/conversation/agent.ts';

/** Audio that is kept to be sent again: what came earlier in a longer turn is lost with a connection. */
const KEPT_SAMPLES = 30 * AGENT_RATE_HZ;
/** Of silence before the vendor has found a turn, this much may belong to it. */
const LEAD_SAMPLES = AGENT_RATE_HZ;

export const CALLER_TURN_SNAPSHOT = v.object({
  audio: v.array(v.custom<Int16Array>((value) => value instanceof Int16Array)),
  isFinished: v.boolean(),
});
type CallerTurnSnapshot = v.InferOutput<typeof CALLER_TURN_SNAPSHOT>;

export class CallerTurn {
  readonly #audio: Int16Array[] = [];
  #keptSamples = 0;
  #samples = 0;
  readonly #fixed: string[] = [];
  #words = '';
  /** The longest that was understood before a connection was lost. */
  #lostWords = '';
  /** The caller has ended it. */
  isFinished = false;
  /** Connections that were lost with it. */
  losses = 0;
  /** The vendor has said something since it was sent. */
  hasSign = false;
  /** When the words are taken as they are. */
  settleMs = Number.POSITIVE_INFINITY;
  /** When a vendor that says nothing is given up. */
  giveUpMs = Number.POSITIVE_INFINITY;

  static restored({ audio, isFinished }: CallerTurnSnapshot): CallerTurn {
    const turn = new CallerTurn();
    for (const samples of audio) turn.add(samples);
    turn.isFinished = isFinished;
    return turn;
  }

  get audio(): readonly Int16Array[] {
    return this.#audio;
  }

  get lengthMs(): number {
    return Math.round((this.#samples * 1000) / AGENT_RATE_HZ);
  }

  /** Keeps a copy. */
  add(samples: Int16Array): void {
    this.#audio.push(samples.slice());
    this.#samples += samples.length;
    this.#keptSamples += samples.length;
    this.#forget(KEPT_SAMPLES);
  }

  /** Nobody has begun to speak yet. */
  forgetSilence(): void {
    this.#forget(LEAD_SAMPLES);
  }

  /** The words so far. */
  get text(): string {
    const heard = [...this.#fixed, this.#words].filter((part) => part !== '').join(' ');
    return heard.length >= this.#lostWords.length ? heard : this.#lostWords;
  }

  /** All words are such that will not change. */
  get isFixed(): boolean {
    return this.#words === '' && this.#fixed.length > 0;
  }

  words(text: string): void {
    this.#words = text.trim();
  }

  fix(text: string): void {
    this.#words = '';
    if (text.trim() !== '') this.#fixed.push(text.trim());
  }

  /** Its audio is sent to another connection, which begins anew. */
  sentAgain(): void {
    this.#lostWords = this.text;
    this.#fixed.length = 0;
    this.#words = '';
    this.hasSign = false;
  }

  snapshot(): CallerTurnSnapshot {
    return { audio: [...this.#audio], isFinished: this.isFinished };
  }

  #forget(keptSamples: number): void {
    let oldest = this.#audio[0];
    while (oldest !== undefined && this.#keptSamples - oldest.length >= keptSamples) {
      this.#audio.shift();
      this.#keptSamples -= oldest.length;
      oldest = this.#audio[0];
    }
  }
}
