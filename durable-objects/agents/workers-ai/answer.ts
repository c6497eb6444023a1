// One answer while it is being said: its sentences, the audio of each, and which words of it were heard.

import * as v from 'valibot';
import type { AgentHost, SayOutcome } from '../../../core/conversation/agent.ts';
import type { AgentEntry } from './history.ts';

const SENTENCE = v.object({ text: v.string(), samples: v.number(), isWhole: v.boolean() });
type Sentence = v.InferOutput<typeof SENTENCE>;

export const ANSWER_SNAPSHOT = v.object({
  entry: v.number(),
  utterance: v.nullable(v.number()),
  isInterruptible: v.boolean(),
  sentences: v.array(SENTENCE),
});
export type AnswerSnapshot = v.InferOutput<typeof ANSWER_SNAPSHOT>;

/** How long a character takes where a sentence was cut before its end was known: 15 a second at 16 kHz. */
const SAMPLES_PER_CHARACTER = 1067;

/** One utterance, begun with its first audio. The text of its entry is what was given, until it is known what was heard. */
export class Answer {
  readonly entry: AgentEntry;
  readonly isInterruptible: boolean;
  readonly #host: AgentHost;
  #utterance: number | null = null;
  readonly #sentences: Sentence[] = [];

  constructor(host: AgentHost, entry: AgentEntry, isInterruptible: boolean) {
    this.#host = host;
    this.entry = entry;
    this.isInterruptible = isInterruptible;
  }

  static restored(host: AgentHost, entry: AgentEntry, snapshot: AnswerSnapshot): Answer {
    const answer = new Answer(host, entry, snapshot.isInterruptible);
    answer.#utterance = snapshot.utterance;
    answer.#sentences.push(...snapshot.sentences.map((sentence) => ({ ...sentence })));
    return answer;
  }

  /** Null until the first audio was given. */
  get utterance(): number | null {
    return this.#utterance;
  }

  get givenSamples(): number {
    return this.#sentences.reduce((sum, { samples }) => sum + samples, 0);
  }

  /** The next sentence's audio is about to come. */
  beginSentence(text: string): void {
    this.#sentences.push({ text, samples: 0, isWhole: false });
  }

  endSentence(): void {
    const sentence = this.#sentences.at(-1);
    if (sentence === undefined) return;
    sentence.isWhole = true;
    this.entry.text = this.#textTo(this.givenSamples);
  }

  /** Gives audio of the newest sentence. */
  give(samples: Int16Array): SayOutcome {
    this.#utterance ??= this.#host.begin({ interruptible: this.isInterruptible });
    const outcome = this.#host.say(this.#utterance, samples);
    const sentence = this.#sentences.at(-1);
    if (outcome === 'accepted' && sentence !== undefined) {
      sentence.samples += samples.length;
      this.entry.text = this.#textTo(this.givenSamples);
    }
    return outcome;
  }

  /** Whether the conversation would still take audio of it. */
  get isWanted(): boolean {
    if (this.#utterance === null) return true;
    return this.#host.say(this.#utterance, NOTHING) === 'accepted';
  }

  /** No more will be given. */
  end(): void {
    if (this.#utterance !== null) this.#host.end(this.#utterance);
  }

  /** It is known how much reached the caller: its entry keeps that and no more. */
  heard(heardSamples: number): void {
    this.entry.text = this.#textTo(heardSamples);
  }

  snapshot(): AnswerSnapshot {
    return {
      entry: this.entry.id,
      utterance: this.#utterance,
      isInterruptible: this.isInterruptible,
      sentences: this.#sentences.map((sentence) => ({ ...sentence })),
    };
  }

  /** The words in the first samples. */
  #textTo(samples: number): string {
    const words: string[] = [];
    let from = 0;
    for (const sentence of this.#sentences) {
      const heard = samples - from;
      if (heard <= 0) break;
      const length = sentence.isWhole
        ? sentence.samples
        : Math.max(sentence.samples, sentence.text.length * SAMPLES_PER_CHARACTER);
      words.push(heardPart(sentence.text, heard / length));
      from += sentence.samples;
    }
    return words.filter((part) => part !== '').join(' ');
  }
}

const NOTHING = new Int16Array(0);

/** The first words of a text by their share of it; one that was cut counts when most of it was heard. */
export function heardPart(text: string, share: number): string {
  if (share >= 1) return text;
  const characters = text.length * Math.max(0, share);
  let heard = 0;
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    if (index + word.length / 2 > characters) break;
    heard = index + word.length;
  }
  return text.slice(0, heard);
}
