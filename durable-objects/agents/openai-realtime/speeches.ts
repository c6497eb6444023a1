// The items that are being said, until it is known how much of each was heard.

import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { SpokenItem } from '../vendor/spoken-item.ts';
import { VENDOR_RATE_HZ } from './client-event.ts';
import { type AgentEntry, type History, itemOf } from './history.ts';
import { Speech, type SpeechSnapshot } from './speech.ts';
import { SpokenText } from './spoken-text.ts';
import type { VendorSession } from './vendor-session.ts';

export interface SpeechesPorts {
  readonly host: () => AgentHost;
  readonly session: VendorSession;
  readonly history: History;
}

/** Each item is an utterance of its own. */
export class Speeches {
  readonly #ports: SpeechesPorts;
  /** Oldest first. */
  #speeches: Speech[] = [];
  /** Those of the response that is being made. */
  readonly #made = new Set<Speech>();
  /** Words of items whose audio has not come yet. */
  readonly #early = new Map<string, SpokenText>();

  constructor(ports: SpeechesPorts) {
    this.#ports = ports;
  }

  /** Nothing is to be heard. */
  get isSilent(): boolean {
    return this.#speeches.length === 0;
  }

  get isInterruptible(): boolean {
    return this.#speeches.every(({ facts }) => facts.isInterruptible);
  }

  /** Whether anything was said of the response that is being made. */
  get hasBegun(): boolean {
    return this.#made.size > 0;
  }

  isBeingMade(speech: Speech): boolean {
    return this.#made.has(speech);
  }

  /** The item with this id, which begins to be said when it is a new one. */
  speechOf(itemId: string, contentIndex: number, isInterruptible: boolean): Speech {
    const found = this.#find(itemId);
    if (found !== undefined) return found;
    const { host, history, session } = this.#ports;
    const entry = history.agentSpoke(itemId);
    const facts = { entry, contentIndex, isInterruptible, session: session.number };
    const options = { rateHz: VENDOR_RATE_HZ, interruptible: isInterruptible };
    const words = this.#early.get(itemId) ?? new SpokenText();
    const speech = new Speech(facts, words, new SpokenItem(host(), options));
    this.#early.delete(itemId);
    this.#speeches.push(speech);
    this.#made.add(speech);
    return speech;
  }

  /** More words of an item, or (`isAll`) all of them. */
  words(itemId: string, text: string, isAll: boolean): void {
    const speech = this.#find(itemId);
    const words = speech?.words ?? this.#early.get(itemId) ?? new SpokenText();
    if (speech === undefined) this.#early.set(itemId, words);
    const givenSamples = speech?.givenSamples ?? 0;
    if (isAll) words.complete(text, givenSamples);
    else words.add(text, givenSamples);
    this.#ports.host().transcript('agent', words.text, false);
  }

  /** The vendor has given all of an item. */
  itemDone(itemId: string): void {
    this.#find(itemId)?.end(true);
  }

  /** The response is over, and with it every item that is not. */
  close(isWhole: boolean): void {
    for (const speech of this.#speeches) speech.end(isWhole);
    this.#early.clear();
    this.#made.clear();
  }

  /** The utterance is over; undefined when it is none of the vendor's. */
  take({ utterance }: Heard): Speech | undefined {
    const speech = this.#speeches.find((each) => each.utterance === utterance);
    if (speech !== undefined) this.#speeches.splice(this.#speeches.indexOf(speech), 1);
    return speech;
  }

  /** Tells the vendor, and the client, what was heard of an item that was cut. */
  cut(speech: Speech, heard: Heard): void {
    const { session, history, host } = this.#ports;
    const { entry, contentIndex } = speech.facts;
    speech.end(false);
    const audio_end_ms = speech.cut(heard);
    if (speech.facts.session === session.number && entry.itemId !== null) {
      session.send({
        type: 'conversation.item.truncate',
        item_id: entry.itemId,
        content_index: contentIndex,
        audio_end_ms,
      });
    } else this.#rewrite(entry, history.idBefore(entry));
    if (entry.text !== '') host().transcript('agent', entry.text, true);
  }

  snapshot(): SpeechSnapshot[] {
    return this.#speeches.map((speech) => speech.snapshot());
  }

  restore(speeches: readonly SpeechSnapshot[]): void {
    const { history, host } = this.#ports;
    this.#speeches = speeches.flatMap((saved) => {
      const entry = history.entries.find(({ id }) => id === saved.entry);
      return entry?.kind === 'agent' ? [Speech.restored(host(), entry, saved)] : [];
    });
  }

  #find(itemId: string): Speech | undefined {
    const { session } = this.#ports;
    return this.#speeches.find(
      ({ facts }) => facts.entry.itemId === itemId && facts.session === session.number,
    );
  }

  /** A session that knows the item as text gets another in its place; one to come is told anyway. */
  #rewrite(entry: AgentEntry, before: string | null): void {
    const { session, history } = this.#ports;
    if (!session.canSend || entry.itemId === null) return;
    session.send({ type: 'conversation.item.delete', item_id: entry.itemId });
    history.rename(entry);
    session.send({
      type: 'conversation.item.create',
      item: itemOf(entry),
      previous_item_id: before ?? 'root',
    });
  }
}
