// What the model says, from its first audio to `turnComplete`: given to the caller, or ignored once the caller has cut in.

import * as v from 'valibot';
import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { SPOKEN_ITEM_SNAPSHOT, SpokenItem } from '../vendor/spoken-item.ts';

/** Answers whose ending the conversation has not yet told. */
const UNHEARD_MAX = 50;

type Phase =
  /** Audio that comes begins an answer. */
  | { readonly kind: 'listening' }
  | { readonly kind: 'speaking'; readonly item: SpokenItem }
  /**
   * Audio that comes belongs to an answer that was cut short. `cameAudio`: some did, so the vendor owes an end of it.
   * `isAsked`: the caller has ended the next turn meanwhile.
   */
  | {
      readonly kind: 'ignoring';
      readonly cameAudio: boolean;
      readonly isInterrupted: boolean;
      readonly isAsked: boolean;
    };

const LISTENING: Phase = { kind: 'listening' };
const IGNORING: Extract<Phase, { kind: 'ignoring' }> = {
  kind: 'ignoring',
  cameAudio: false,
  isInterrupted: false,
  isAsked: false,
};

export const MODEL_TURN_SNAPSHOT = v.object({
  speaking: v.nullable(SPOKEN_ITEM_SNAPSHOT),
  unheard: v.array(SPOKEN_ITEM_SNAPSHOT),
});
export type ModelTurnSnapshot = v.InferOutput<typeof MODEL_TURN_SNAPSHOT>;

/** How much of an answer was heard, by the vendor's own count. */
export interface HeardAnswer {
  readonly heardMs: number;
  readonly givenMs: number;
}

export class ModelTurn {
  readonly #host: AgentHost;
  /** Answers by utterance, oldest first. */
  readonly #unheard = new Map<number, SpokenItem>();
  #phase: Phase = LISTENING;
  /** Vendor audio that came too late to be said. */
  #ignoredBytes = 0;

  constructor(host: AgentHost) {
    this.#host = host;
  }

  get isSpeaking(): boolean {
    return this.#phase.kind === 'speaking';
  }

  /** Nothing was said by it that is not heard, or being forgotten. */
  get isSilent(): boolean {
    return this.#unheard.size === 0;
  }

  get ignoredBytes(): number {
    return this.#ignoredBytes;
  }

  /** Says audio of the model. 'begun': it is the first of an answer; 'full': the conversation takes no more of it. */
  audio(
    bytes: Uint8Array,
    rateHz: number,
    interruptible: boolean,
  ): 'begun' | 'given' | 'ignored' | 'full' {
    const phase = this.#phase;
    if (phase.kind === 'ignoring') {
      this.#ignoredBytes += bytes.length;
      this.#phase = { ...phase, cameAudio: true };
      return 'ignored';
    }
    const isFirst = phase.kind === 'listening' || phase.item.rateHz !== rateHz;
    const item = isFirst ? this.#begin(rateHz, interruptible) : phase.item;
    const outcome = item.give(bytes);
    if (outcome === 'accepted') return isFirst ? 'begun' : 'given';
    this.#phase = { ...IGNORING, cameAudio: true };
    if (outcome === 'full') return 'full';
    this.#ignoredBytes += bytes.length;
    return 'ignored';
  }

  /** All of the answer has come. */
  generated(): void {
    if (this.#phase.kind !== 'speaking') return;
    this.#phase.item.end();
    this.#phase = LISTENING;
  }

  /** The vendor says that its turn was cut short; what still comes of it is ignored until it is complete. */
  interrupted(): void {
    const phase = this.#phase;
    if (phase.kind === 'speaking') phase.item.end();
    if (phase.kind === 'ignoring' && phase.isAsked) this.#phase = LISTENING;
    else this.#phase = { ...IGNORING, isInterrupted: true };
  }

  /** The model's turn is over, however it went. */
  complete(): void {
    this.generated();
    this.#phase = LISTENING;
  }

  /** The caller speaks while the model thinks or speaks: what it still gives is not for these ears. */
  ignore(): void {
    if (this.#phase.kind === 'speaking') this.#phase.item.end();
    if (this.#phase.kind !== 'ignoring') this.#phase = IGNORING;
  }

  /**
   * The model was asked for the next answer. An answer that was cut short before any of it came may never be said to be
   * over; one that had begun is, and the next one's audio comes after that.
   */
  asked(): void {
    const phase = this.#phase;
    if (phase.kind !== 'ignoring') return;
    const isOver = phase.isInterrupted || !phase.cameAudio;
    this.#phase = isOver ? LISTENING : { ...phase, isAsked: true };
  }

  /** The line broke: what was given is all that comes. Returns the answer that stays unfinished, if one does. */
  broke(): HeardAnswer | null {
    const phase = this.#phase;
    this.complete();
    return phase.kind === 'speaking' ? answerOf(phase.item, 0) : null;
  }

  /** Takes an utterance's ending; null when it is not one of the model's. */
  heard(heard: Heard): HeardAnswer | null {
    const item = this.#unheard.get(heard.utterance);
    if (item === undefined) return null;
    this.#unheard.delete(heard.utterance);
    if (this.#phase.kind === 'speaking' && this.#phase.item === item) this.ignore();
    return answerOf(item, item.heardOf(heard).heardMs);
  }

  snapshot(): ModelTurnSnapshot {
    const speaking = this.#phase.kind === 'speaking' ? this.#phase.item : null;
    const unheard = [...this.#unheard.values()].filter((item) => item !== speaking);
    return {
      speaking: speaking?.snapshot() ?? null,
      unheard: unheard.map((item) => item.snapshot()),
    };
  }

  restore({ speaking, unheard }: ModelTurnSnapshot): void {
    for (const each of unheard) {
      this.#unheard.set(each.utterance, SpokenItem.restored(this.#host, each));
    }
    if (speaking === null) return;
    const item = SpokenItem.restored(this.#host, speaking);
    this.#unheard.set(item.utterance, item);
    this.#phase = { kind: 'speaking', item };
  }

  #begin(rateHz: number, interruptible: boolean): SpokenItem {
    if (this.#phase.kind === 'speaking') this.#phase.item.end();
    const item = new SpokenItem(this.#host, { rateHz, interruptible });
    this.#phase = { kind: 'speaking', item };
    this.#unheard.set(item.utterance, item);
    const oldest = this.#unheard.keys().next().value;
    if (this.#unheard.size > UNHEARD_MAX && oldest !== undefined) this.#unheard.delete(oldest);
    return item;
  }
}

function answerOf(item: SpokenItem, heardMs: number): HeardAnswer {
  return { heardMs, givenMs: Math.floor((item.givenSamples * 1000) / item.rateHz) };
}
