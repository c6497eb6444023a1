// The vendor's responses: asked for one at a time, said as they come, cancelled, and asked for again when they are lost.

import * as v from 'valibot';
import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { decodeBase64 } from '../vendor/base64.ts';
import type { History } from './history.ts';
import type { ServerEvent } from './server-event.ts';
import { SPEECH_SNAPSHOT } from './speech.ts';
import { Speeches } from './speeches.ts';
import type { VendorSession } from './vendor-session.ts';
import { restOf, WISH, type Wish } from './wish.ts';

/** A response that is lost is asked for again so many times. */
const MOST_LOSSES = 2;

type AnswerPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'requested'; readonly wish: Wish; readonly isCancelled: boolean }
  | {
      readonly kind: 'active';
      readonly response: string;
      readonly wish: Wish;
      readonly isCancelled: boolean;
    };

const IDLE: AnswerPhase = { kind: 'idle' };

export const ANSWERS_SNAPSHOT = v.object({
  wishes: v.array(WISH),
  speeches: v.array(SPEECH_SNAPSHOT),
  losses: v.number(),
});
type AnswersSnapshot = v.InferOutput<typeof ANSWERS_SNAPSHOT>;

export interface AnswersPorts {
  readonly host: () => AgentHost;
  readonly session: VendorSession;
  readonly history: History;
  /** Of the session; a note of a wish is added to them. */
  readonly instructions: string;
  readonly isInterruptible: boolean;
  /** Whether the caller lets the agent speak just now. */
  readonly mayAsk: () => boolean;
  /** A response was lost too often. */
  readonly gaveUp: () => void;
}

type AudioDelta = Extract<ServerEvent, { type: 'response.output_audio.delta' }>;
type Words = Extract<ServerEvent, { type: `response.output_audio_transcript.${string}` }>;

/** One response at a time. What comes of another, or of one that was cancelled, is dropped. */
export class Answers {
  readonly #ports: AnswersPorts;
  readonly #speeches: Speeches;
  #phase: AnswerPhase = IDLE;
  #wishes: Wish[] = [];
  #losses = 0;
  #asked = 0;

  constructor(ports: AnswersPorts) {
    this.#ports = ports;
    this.#speeches = new Speeches(ports);
  }

  /** Whether the vendor owes us something, or will as soon as it can be asked. */
  get isOwed(): boolean {
    if (this.#phase.kind !== 'idle') return true;
    return this.#wishes.length > 0 && this.#ports.mayAsk();
  }

  /** Nothing is asked for, said, or to be said. */
  get isQuiet(): boolean {
    return this.isSilent && this.#phase.kind === 'idle' && this.#wishes.length === 0;
  }

  /** Nothing is to be heard. */
  get isSilent(): boolean {
    return this.#speeches.isSilent;
  }

  /** Whether the response that is being made has said anything. */
  get hasBegun(): boolean {
    return this.#speeches.hasBegun;
  }

  /** Whether the caller may cut what is said or being prepared. */
  get isInterruptible(): boolean {
    if (this.#phase.kind !== 'idle' && !this.#phase.wish.isInterruptible) return false;
    return this.#speeches.isInterruptible;
  }

  /** The model is to say something, after what it is saying. Plain answers that wait are one. */
  ask(wish: Wish): void {
    if (wish.isAnswer) this.#wishes = this.#wishes.filter(({ isAnswer }) => !isAnswer);
    this.#wishes.push(wish);
    this.pump();
  }

  /** A plain answer to what was said. */
  askForAnswer(): void {
    this.ask({ note: null, isInterruptible: this.#ports.isInterruptible, isAnswer: true });
  }

  /** Asks for what is wished next, if nothing stands in the way. */
  pump(): void {
    const { session, instructions, mayAsk } = this.#ports;
    const [wish] = this.#wishes;
    if (wish === undefined || this.#phase.kind !== 'idle' || !session.canSend || !mayAsk()) return;
    this.#wishes.shift();
    const noted = [instructions, wish.note].filter((part) => part !== null && part !== '');
    const response = wish.note === null ? {} : { response: { instructions: noted.join('\n\n') } };
    session.send({ type: 'response.create', event_id: `ask_${++this.#asked}`, ...response });
    this.#phase = { kind: 'requested', wish, isCancelled: false };
  }

  /**
   * The caller has the floor: what was to answer them is of no use, unless it may not be cut.
   * `isStopped`: the vendor has cancelled it by itself.
   */
  yieldFloor(isStopped: boolean): void {
    this.#wishes = this.#wishes.filter(({ isAnswer }) => !isAnswer);
    if (this.#phase.kind !== 'idle' && this.#phase.wish.isInterruptible) this.#cancel(isStopped);
  }

  created(response: string): void {
    const { isInterruptible, session } = this.#ports;
    const ofVendor = { wish: { note: null, isInterruptible, isAnswer: true }, isCancelled: false };
    const { wish, isCancelled } = this.#phase.kind === 'requested' ? this.#phase : ofVendor;
    this.#phase = { kind: 'active', response, wish, isCancelled };
    // What cancels a response that had not begun may have come too early.
    if (isCancelled) session.send({ type: 'response.cancel', response_id: response });
  }

  audio({ response_id, item_id, content_index, delta }: AudioDelta): void {
    if (this.#phase.kind !== 'active' || !this.#isWanted(response_id)) return;
    const bytes = decodeBase64(delta);
    if (bytes === null) return;
    const { isInterruptible } = this.#phase.wish;
    const outcome = this.#speeches.speechOf(item_id, content_index, isInterruptible).give(bytes);
    if (outcome === 'accepted') return;
    this.#cancel(false);
    if (outcome === 'full') {
      this.#ports.host().fail('agent-too-long', 'The agent said more than can be kept.');
    }
  }

  words(event: Words): void {
    if (!this.#isWanted(event.response_id)) return;
    const isAll = event.type === 'response.output_audio_transcript.done';
    this.#speeches.words(event.item_id, isAll ? event.transcript : event.delta, isAll);
  }

  /** The vendor has given all of an item. */
  itemDone(response: string, itemId: string): void {
    if (this.#isWanted(response)) this.#speeches.itemDone(itemId);
  }

  /** The model has said all it wanted to, or was stopped. False when nobody waits for this response. */
  done(response: string, isWhole: boolean): boolean {
    const phase = this.#phase;
    if (phase.kind !== 'active' || phase.response !== response) return false;
    this.#speeches.close(isWhole && !phase.isCancelled);
    this.#phase = IDLE;
    if (isWhole) this.#losses = 0;
    return true;
  }

  /** Whether this response is the one that is awaited. */
  isCurrent(response: string): boolean {
    return this.#phase.kind === 'active' && this.#phase.response === response;
  }

  /** The vendor refuses to make a response just now, because it is making one by itself. */
  postpone(): void {
    if (this.#phase.kind !== 'requested') return;
    this.#wishes.unshift(this.#phase.wish);
    this.#phase = IDLE;
  }

  /** A request was refused, or its response has failed: it is made again, or given up. */
  failed(isWorthRepeating: boolean): void {
    const again = this.#wishAgain();
    this.#speeches.close(false);
    this.#phase = IDLE;
    if (again === null) return;
    if (isWorthRepeating && ++this.#losses <= MOST_LOSSES) {
      this.#wishes.unshift(again);
      return;
    }
    this.#losses = 0;
    this.#ports.gaveUp();
  }

  /** The session is gone: what it had given is said, and the rest is wished again. */
  lost(): void {
    this.failed(true);
  }

  /** It was cut: the vendor is told what was heard of it. False when it is no utterance of the vendor's. */
  interrupted(heard: Heard): boolean {
    const speech = this.#speeches.take(heard);
    if (speech === undefined) return false;
    if (this.#speeches.isBeingMade(speech)) this.#cancel(false);
    this.#speeches.cut(speech, heard);
    return true;
  }

  /** It was heard to its end. False when it is no utterance of the vendor's. */
  completed(heard: Heard): boolean {
    const speech = this.#speeches.take(heard);
    if (speech === undefined) return false;
    this.#ports.host().transcript('agent', speech.text, true);
    return true;
  }

  /** After a restore: no more will come of what was being said. */
  endAll(): void {
    this.#speeches.close(false);
  }

  snapshot(): AnswersSnapshot {
    const again = this.#wishAgain();
    return {
      wishes: again === null ? this.#wishes : [again, ...this.#wishes],
      speeches: this.#speeches.snapshot(),
      losses: this.#losses,
    };
  }

  /** The history is restored before. */
  restore({ wishes, speeches, losses }: AnswersSnapshot): void {
    this.#wishes = wishes.map((wish) => ({ ...wish }));
    this.#losses = losses;
    this.#speeches.restore(speeches);
  }

  #cancel(isStopped: boolean): void {
    const phase = this.#phase;
    if (phase.kind === 'idle' || phase.isCancelled) return;
    this.#phase = { ...phase, isCancelled: true };
    if (isStopped) return;
    const response = phase.kind === 'active' ? { response_id: phase.response } : {};
    this.#ports.session.send({ type: 'response.cancel', ...response });
  }

  /** What is to be asked for once more when the present response does not come to its end. */
  #wishAgain(): Wish | null {
    const phase = this.#phase;
    if (phase.kind === 'idle' || phase.isCancelled) return null;
    return this.#speeches.hasBegun ? restOf(phase.wish) : phase.wish;
  }

  #isWanted(response: string): boolean {
    return this.isCurrent(response) && this.#phase.kind === 'active' && !this.#phase.isCancelled;
  }
}
