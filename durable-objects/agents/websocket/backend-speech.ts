// The utterances of a backend: its names for them, its audio in them, and what was heard in its own samples.

import * as v from 'valibot';
import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { SPOKEN_ITEM_SNAPSHOT, SpokenItem } from '../vendor/spoken-item.ts';
import type { BackendMessage, HeardOfUtterance, KnownUtterance } from './backend-message.ts';

/** Names of utterances that are over; one that begins again says nothing. */
const MOST_NAMES = 64;

/** Utterances that may be unheard at a time. */
const MOST_UNHEARD = 256;

const BYTES_PER_SAMPLE = 2;

export const BACKEND_SPEECH_SNAPSHOT = v.object({
  unheard: v.array(v.object({ name: v.string(), item: SPOKEN_ITEM_SNAPSHOT })),
  overNames: v.array(v.string()),
});
export type BackendSpeechSnapshot = v.InferOutput<typeof BACKEND_SPEECH_SNAPSHOT>;

interface NamedItem {
  readonly name: string;
  readonly item: SpokenItem;
}

type Begin = Extract<BackendMessage, { type: 'begin' }>;

/** At most one utterance is open. */
export class BackendSpeech {
  readonly #host: AgentHost;
  /** Oldest first; only the last may be open. */
  #unheard: NamedItem[] = [];
  #overNames: string[] = [];
  /** Bytes of the open utterance that have come before. */
  #knownBytes = 0;
  /** What comes belongs to an utterance that is over. */
  #isDeaf = true;

  constructor(host: AgentHost) {
    this.#host = host;
  }

  /** Utterances that are not over, oldest first. */
  get known(): KnownUtterance[] {
    return this.#unheard.map(({ name, item }) => ({
      utterance: name,
      receivedSamples: item.givenSamples,
      isOpen: !item.isEnded,
    }));
  }

  /** Opens an utterance, or goes on with one. Null, or what is wrong with it, as a sentence. */
  begin({ utterance: name, interruptible, rateHz, fromSample }: Begin): string | null {
    const open = this.#open;
    if (open?.name === name) return this.#goOn(open.item, fromSample, rateHz);
    this.abandon();
    if (this.#overNames.includes(name) || this.#unheard.some((each) => each.name === name)) {
      return null;
    }
    if (this.#unheard.length >= MOST_UNHEARD) {
      return `No more than ${MOST_UNHEARD} utterances may be unheard.`;
    }
    this.#unheard.push({ name, item: new SpokenItem(this.#host, { rateHz, interruptible }) });
    return this.#goOn(this.#unheard.at(-1)!.item, fromSample, rateHz);
  }

  /** PCM16 of the utterance that was begun last; nothing where that is over. */
  audio(bytes: Uint8Array): void {
    const open = this.#open;
    if (this.#isDeaf || open === null) return;
    const known = Math.min(bytes.length, this.#knownBytes);
    this.#knownBytes -= known;
    if (known < bytes.length) open.item.give(bytes.subarray(known));
  }

  /** All of the open utterance was given. */
  end(): void {
    if (!this.#isDeaf) this.#open?.item.end();
    this.#isDeaf = true;
  }

  /** The backend is gone, or does not go on with anything but this: what it left open ends where it is. */
  abandon(exceptFor?: string): void {
    const open = this.#open;
    this.#isDeaf = true;
    if (open !== null && open.name !== exceptFor) open.item.end();
  }

  /** An utterance is over. Null when it was not the backend's. */
  settled(heard: Heard): HeardOfUtterance | null {
    const index = this.#unheard.findIndex(({ item }) => item.utterance === heard.utterance);
    if (index < 0) return null;
    const [{ name, item }] = this.#unheard.splice(index, 1) as [NamedItem];
    this.#overNames = [...this.#overNames, name].slice(-MOST_NAMES);
    const { heardSamples, givenSamples, heardMs } = item.heardOf(heard);
    return { utterance: name, heardSamples, givenSamples, heardMs, source: heard.source };
  }

  snapshot(): BackendSpeechSnapshot {
    const unheard = this.#unheard.map(({ name, item }) => ({ name, item: item.snapshot() }));
    return { unheard, overNames: [...this.#overNames] };
  }

  restore({ unheard, overNames }: BackendSpeechSnapshot): void {
    this.#unheard = unheard.map(({ name, item }) => ({
      name,
      item: SpokenItem.restored(this.#host, item),
    }));
    this.#overNames = [...overNames];
  }

  get #open(): NamedItem | null {
    const last = this.#unheard.at(-1);
    return last === undefined || last.item.isEnded ? null : last;
  }

  #goOn(item: SpokenItem, fromSample: number | undefined, rateHz: number): string | null {
    if (item.rateHz !== rateHz) return `The utterance has ${item.rateHz} Hz, not ${rateHz}.`;
    const { givenSamples } = item;
    if (fromSample !== undefined && fromSample > givenSamples) {
      return `Of the utterance ${givenSamples} samples have come: it cannot go on at ${fromSample}.`;
    }
    this.#isDeaf = false;
    this.#knownBytes = BYTES_PER_SAMPLE * (givenSamples - (fromSample ?? givenSamples));
    return null;
  }
}
