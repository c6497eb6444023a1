// What the agent said and was told: its own memory, which can be lost, and what a backend outside would have seen.

import type { Heard, TurnEnd, TurnStart } from '../../core/conversation/agent.ts';
import { FIRST_SPEECH, LAST_SPEECH, markedSentences } from '../watermark.ts';
import { MarkReader } from './mark-reader.ts';
import type { RunHash } from './run-hash.ts';
import type { TalkBook } from './talk-book.ts';
import type { Violations } from './violations.ts';

/** One utterance as the agent gave it. */
export interface Speech {
  readonly speech: number;
  readonly utterance: number;
  readonly samples: Int16Array;
  /** Samples that the conversation took. */
  givenSamples: number;
  isAllGiven: boolean;
}

/** Caller samples [from, to) of a talk, given to the agent at this position. */
export interface HeardTalk {
  readonly talk: number;
  readonly from: number;
  readonly to: number;
  readonly position: number;
}

export type Entry =
  | { readonly kind: 'turn-started'; readonly start: TurnStart }
  | {
      readonly kind: 'audio';
      readonly fromSample: number;
      readonly length: number;
      readonly talks: readonly HeardTalk[];
    }
  | { readonly kind: 'turn-ended'; readonly end: TurnEnd; readonly atMs: number }
  | { readonly kind: 'begun'; readonly speech: Speech }
  | {
      readonly kind: 'over';
      readonly how: 'completed' | 'interrupted';
      readonly heard: Heard;
      readonly atMs: number;
    };

export class AgentLog {
  /** What the agent remembers. */
  readonly entries: Entry[] = [];
  readonly #speeches = new Map<number, Speech>();
  readonly #turnsOutside = new Map<number, TurnEnd>();
  readonly #violations: Violations;
  readonly #reader: MarkReader;
  readonly #recording: Int16Array | null;
  #talks: HeardTalk[] = [];
  #readPosition = 0;

  constructor(violations: Violations, talks: TalkBook) {
    this.#violations = violations;
    this.#recording = talks.recording;
    const move = (count: number): void => {
      this.#readPosition += count;
    };
    this.#reader = new MarkReader((talk) => talks.samplesOf(talk), {
      run: (talk, from, to) => {
        this.#talks.push({ talk, from, to, position: this.#readPosition });
        move(to - from);
      },
      silence: move,
      noise: move,
    });
  }

  get length(): number {
    return this.entries.length;
  }

  /** The ends of utterances that the agent remembers. */
  get endings(): Extract<Entry, { kind: 'over' }>[] {
    return this.entries.filter((entry) => entry.kind === 'over');
  }

  /** The memory since then was lost. */
  truncate(length: number): void {
    this.entries.length = Math.min(length, this.entries.length);
  }

  speech(speech: number): Speech {
    return this.#speeches.get(speech)!;
  }

  /** The samples of a speech that was begun. */
  readonly samplesOf = (speech: number): Int16Array | undefined =>
    this.#speeches.get(speech)?.samples;

  utteranceBegun(utterance: number, lengthSamples: number): Speech {
    const number = FIRST_SPEECH + this.#speeches.size;
    if (number > LAST_SPEECH) throw new Error('The run has more speeches than there are numbers.');
    const samples = markedSentences(number, lengthSamples);
    const speech = { speech: number, utterance, samples, givenSamples: 0, isAllGiven: false };
    this.#speeches.set(number, speech);
    this.entries.push({ kind: 'begun', speech });
    return speech;
  }

  given(speech: number, givenSamples: number): void {
    this.speech(speech).givenSamples = givenSamples;
  }

  allGiven(speech: number): void {
    this.speech(speech).isAllGiven = true;
  }

  utteranceEnded(how: 'completed' | 'interrupted', heard: Heard): void {
    const { utterance } = heard;
    const isTwice = this.endings.some((ending) => ending.heard.utterance === utterance);
    if (isTwice) this.#violations.add('L12', `Utterance ${utterance} has ended twice.`);
    this.entries.push({ kind: 'over', how, heard, atMs: this.#violations.nowMs });
  }

  turnStarted(start: TurnStart): void {
    this.entries.push({ kind: 'turn-started', start });
  }

  turnEnded(end: TurnEnd): void {
    this.entries.push({ kind: 'turn-ended', end, atMs: this.#violations.nowMs });
  }

  /** The backend hears of a turn's end; again under the same number it must be the same turn. */
  toldOutside(end: TurnEnd): void {
    const before = this.#turnsOutside.get(end.turn);
    const isSame =
      before === undefined ||
      (before.startSample === end.startSample && before.endSample === end.endSample);
    if (!isSame) this.#violations.add('L10', `Turn ${end.turn} was told with two ends.`);
    this.#turnsOutside.set(end.turn, end);
  }

  /** Whether the backend was told of a turn's end. */
  isOutside(turn: number): boolean {
    return this.#turnsOutside.has(turn);
  }

  audio(fromSample: number, samples: Int16Array): void {
    if (this.#recording !== null) this.#compare(this.#recording, fromSample, samples);
    this.#talks = [];
    this.#readPosition = fromSample;
    this.#reader.read(samples, samples.length);
    const talks = this.#talks;
    this.entries.push({ kind: 'audio', fromSample, length: samples.length, talks });
  }

  hashInto(hash: RunHash): void {
    for (const entry of this.entries) {
      hash.text(entry.kind);
      if (entry.kind === 'audio') hash.number(entry.fromSample);
      if (entry.kind === 'turn-ended') hash.number(entry.end.endSample);
      if (entry.kind === 'over') hash.number(entry.heard.heardSamples);
    }
  }

  #compare(recording: Int16Array, fromSample: number, samples: Int16Array): void {
    for (let index = 0; index < samples.length; index++) {
      if (samples[index] === (recording[fromSample + index] ?? 0)) continue;
      this.#violations.add('L10', `Caller sample ${fromSample + index} is not what was said.`);
      return;
    }
  }
}
