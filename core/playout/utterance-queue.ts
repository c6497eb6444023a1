// The utterances that are not over yet, in order, with the bounds on what an agent may pile up.

import type { SayOutcome } from '../conversation/agent.ts';
import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import type { PauseFinder } from './pause-finder.ts';
import { openUtterance, sentPosition, type Utterance } from './segments.ts';
import type { SpeechQueue } from './speech-queue.ts';

/** Utterances that may wait; a sentence each, this is a quarter of an hour. */
export const MAX_UTTERANCES = 256;

/** How far back the end of an utterance that grew too long is moved to a pause, in samples: 2 s. */
const CUT_BACK_SAMPLES = 2 * ENGINE_RATE_HZ;

/** Heard speech that a replay can need: 2 s, the largest `releaseBackUpMs`, and a frame of 60 ms. */
const KEPT_BEHIND_SAMPLES = 2.06 * ENGINE_RATE_HZ;

export class UtteranceQueue {
  readonly #speech: SpeechQueue;
  readonly #pauses: PauseFinder;
  #queueSeconds: number;
  #waiting: Utterance[] = [];
  #count = 0;
  /** The utterance that found no room, 0 when there is none. */
  #refused = 0;
  #hasChanged = false;

  constructor(speech: SpeechQueue, pauses: PauseFinder, queueSeconds: number) {
    this.#speech = speech;
    this.#pauses = pauses;
    this.#queueSeconds = queueSeconds;
  }

  configure(queueSeconds: number): void {
    this.#queueSeconds = queueSeconds;
  }

  /** An utterance has begun or ended since the state was stored. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** The state was stored. */
  stored(): void {
    this.#hasChanged = false;
  }

  /** Utterances begun so far. */
  get count(): number {
    return this.#count;
  }

  /** Oldest first; the array changes with the queue. */
  get waiting(): readonly Utterance[] {
    return this.#waiting;
  }

  /** The utterance that is being heard, or will be next. */
  get head(): Utterance | null {
    return this.#waiting[0] ?? null;
  }

  /** Whether something was said that is not over. */
  get speaking(): boolean {
    for (const { startPosition, endPosition } of this.#waiting) {
      if (endPosition > startPosition) return true;
    }
    return false;
  }

  begin(interruptible: boolean): number {
    this.#hasChanged = true;
    const last = this.#waiting.at(-1);
    if (last?.phase === 'open') last.phase = 'ended';
    const number = ++this.#count;
    if (this.#waiting.length >= MAX_UTTERANCES) this.#refused = number;
    else this.#waiting.push(openUtterance(number, interruptible, this.#speech.endPosition));
    return number;
  }

  say(number: number, samples: Int16Array): SayOutcome {
    if (number === this.#refused) {
      this.#refused = 0;
      return 'full';
    }
    const utterance = this.#open(number);
    if (utterance === null) return 'closed';
    const unheard = this.#speech.endPosition - this.#waiting[0]!.heardPosition;
    if (unheard + samples.length > this.#queueSeconds * ENGINE_RATE_HZ) {
      this.#cancel(utterance);
      return 'full';
    }
    this.#speech.append(samples);
    utterance.endPosition += samples.length;
    return 'accepted';
  }

  end(number: number): void {
    const utterance = this.#open(number);
    if (utterance === null) return;
    utterance.phase = 'ended';
    this.#hasChanged = true;
  }

  /** Takes out the oldest `count` utterances. */
  take(count: number): Utterance[] {
    return this.#waiting.splice(0, count);
  }

  /** Speech of the utterance from here on is lost: it ends here. */
  lose(utterance: Utterance, position: number): void {
    this.#hasChanged = true;
    utterance.phase = 'cancelled';
    utterance.endPosition = position;
  }

  /** Lets the line forget what no replay can need. */
  dropHeard(): void {
    const head = this.head;
    const needed =
      head === null
        ? this.#speech.endPosition
        : Math.max(head.startPosition, head.heardPosition - KEPT_BEHIND_SAMPLES);
    this.#speech.dropBelow(needed);
  }

  /** The utterance that found no room and has not been told so, 0 when there is none. */
  get refused(): number {
    return this.#refused;
  }

  restore(waiting: Utterance[], count: number, refused: number, hasChanged: boolean): void {
    this.#waiting = waiting;
    this.#count = count;
    this.#refused = refused;
    this.#hasChanged = hasChanged;
  }

  #open(number: number): Utterance | null {
    const last = this.#waiting.at(-1);
    return last !== undefined && last.number === number && last.phase === 'open' ? last : null;
  }

  /** What was accepted is heard, up to the last pause in it that is not on its way yet. */
  #cancel(utterance: Utterance): void {
    const { startPosition, endPosition, fromPosition, heardPosition, segment } = utterance;
    const sent = segment === null ? fromPosition : Math.min(sentPosition(segment), endPosition);
    const lowest = Math.max(startPosition, sent, heardPosition, endPosition - CUT_BACK_SAMPLES);
    utterance.phase = 'cancelled';
    this.#hasChanged = true;
    utterance.endPosition = this.#pauses.pauseBefore(endPosition, lowest);
  }
}
