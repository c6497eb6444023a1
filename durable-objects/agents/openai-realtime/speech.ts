// One item of the vendor's that is being said: its audio as an utterance, its words, and what was heard of both.

import * as v from 'valibot';
import type { AgentHost, Heard, SayOutcome } from '../../../core/conversation/agent.ts';
import { SPOKEN_ITEM_SNAPSHOT, SpokenItem } from '../vendor/spoken-item.ts';
import type { AgentEntry } from './history.ts';
import { SPOKEN_TEXT_SNAPSHOT, SpokenText } from './spoken-text.ts';

export const SPEECH_SNAPSHOT = v.object({
  contentIndex: v.number(),
  isInterruptible: v.boolean(),
  /** Its entry in the history. */
  entry: v.string(),
  isWhole: v.boolean(),
  spoken: SPOKEN_ITEM_SNAPSHOT,
  words: SPOKEN_TEXT_SNAPSHOT,
});
export type SpeechSnapshot = v.InferOutput<typeof SPEECH_SNAPSHOT>;

export interface SpeechFacts {
  readonly entry: AgentEntry;
  readonly contentIndex: number;
  readonly isInterruptible: boolean;
  /** The session that knows it as audio. */
  readonly session: number;
}

export class Speech {
  readonly facts: SpeechFacts;
  readonly words: SpokenText;
  readonly #spoken: SpokenItem;
  /** The vendor has given the item to its end. */
  #isWhole: boolean;

  constructor(facts: SpeechFacts, words: SpokenText, spoken: SpokenItem, isWhole = false) {
    this.facts = facts;
    this.words = words;
    this.#spoken = spoken;
    this.#isWhole = isWhole;
  }

  /** As it was saved; no session knows of it any more. */
  static restored(host: AgentHost, entry: AgentEntry, snapshot: SpeechSnapshot): Speech {
    const { contentIndex, isInterruptible, isWhole } = snapshot;
    return new Speech(
      { entry, contentIndex, isInterruptible, session: -1 },
      SpokenText.restored(snapshot.words),
      SpokenItem.restored(host, snapshot.spoken),
      isWhole,
    );
  }

  get utterance(): number {
    return this.#spoken.utterance;
  }

  /** Vendor samples that were taken. */
  get givenSamples(): number {
    return this.#spoken.givenSamples;
  }

  give(bytes: Uint8Array): SayOutcome {
    return this.#spoken.give(bytes);
  }

  /** No more will come: because the item is whole, or because it broke off. */
  end(isWhole: boolean): void {
    if (this.#spoken.isEnded) return;
    this.#isWhole = isWhole;
    this.#spoken.end();
    this.facts.entry.text = this.text;
  }

  /** The words that were, or will be, heard when nobody interrupts. */
  get text(): string {
    return this.#isWhole ? this.words.text : this.words.begun(this.givenSamples);
  }

  /** It was cut; returns what the vendor has to know: how much was heard, never more than was given. */
  cut(heard: Heard): number {
    const { heardSamples, givenSamples, heardMs } = this.#spoken.heardOf(heard);
    const isAll = heardSamples === givenSamples;
    this.facts.entry.text = isAll ? this.text : this.words.heard(heardSamples, givenSamples);
    return heardMs;
  }

  snapshot(): SpeechSnapshot {
    const { entry, contentIndex, isInterruptible } = this.facts;
    return {
      contentIndex,
      isInterruptible,
      entry: entry.id,
      isWhole: this.#isWhole,
      spoken: this.#spoken.snapshot(),
      words: this.words.snapshot(),
    };
  }
}
