// The words of an item beside its audio, so that it can be said which of them were heard.

import * as v from 'valibot';

const MARK = v.object({ characters: v.number(), atSample: v.number() });

/** State of the words, for `save`. */
export const SPOKEN_TEXT_SNAPSHOT = v.object({ text: v.string(), marks: v.array(MARK) });
type SpokenTextSnapshot = v.InferOutput<typeof SPOKEN_TEXT_SNAPSHOT>;

/** Marks of one item; beyond that, words are only added to the last. */
const MAX_MARKS = 512;

/**
 * The vendor does not say when a word is spoken, nor in which order words and audio come. Words are taken to be spread
 * evenly from where the audio stood when they came to where it stood when the next ones did; where the first of them
 * came after audio, they are taken to follow what they stand for.
 */
export class SpokenText {
  #text = '';
  /** Length of the text after each delta, and the vendor samples that had been given before it. */
  readonly #marks: { characters: number; atSample: number }[] = [];

  static restored(snapshot: SpokenTextSnapshot): SpokenText {
    const restored = new SpokenText();
    restored.#text = snapshot.text;
    restored.#marks.push(...snapshot.marks.map((mark) => ({ ...mark })));
    return restored;
  }

  get text(): string {
    return this.#text;
  }

  /** More words have come, after so many samples of their item. */
  add(words: string, givenSamples: number): void {
    this.#text += words;
    const last = this.#marks.at(-1);
    const isSame = last !== undefined && last.atSample === givenSamples;
    if (last !== undefined && (isSame || this.#marks.length >= MAX_MARKS)) {
      last.characters = this.#text.length;
    } else {
      this.#marks.push({ characters: this.#text.length, atSample: givenSamples });
    }
  }

  /** The words as a whole are known; they matter where they did not come one by one. */
  complete(text: string, givenSamples: number): void {
    if (this.#text === '') this.add(text, givenSamples);
  }

  /** The words in the first `heardSamples` of `givenSamples`; one that was cut counts when most of it was heard. */
  heard(heardSamples: number, givenSamples: number): string {
    if (heardSamples >= givenSamples) return this.#text;
    const characters = this.#charactersAt(heardSamples, givenSamples);
    const wordStart = this.#text.lastIndexOf(' ', Math.ceil(characters) - 1) + 1;
    const nextSpace = this.#text.indexOf(' ', Math.ceil(characters));
    const wordEnd = nextSpace === -1 ? this.#text.length : nextSpace;
    const isMost = 2 * (characters - wordStart) > wordEnd - wordStart;
    return this.#text.slice(0, isMost ? wordEnd : wordStart).trimEnd();
  }

  /** The words that had begun when an item broke off after `givenSamples`. */
  begun(givenSamples: number): string {
    const isTrailing = (this.#marks[0]?.atSample ?? 0) > 0;
    if (isTrailing) return this.#text;
    const mark = this.#marks.findLast(({ atSample }) => atSample < givenSamples);
    return this.#text.slice(0, mark?.characters ?? 0);
  }

  snapshot(): SpokenTextSnapshot {
    return { text: this.#text, marks: this.#marks.map((mark) => ({ ...mark })) };
  }

  #charactersAt(sample: number, givenSamples: number): number {
    const isTrailing = (this.#marks[0]?.atSample ?? 0) > 0;
    let fromCharacters = 0;
    let fromSample = 0;
    for (const [index, { characters, atSample }] of this.#marks.entries()) {
      const toSample = isTrailing ? atSample : (this.#marks[index + 1]?.atSample ?? givenSamples);
      if (sample < toSample) {
        const share = Math.max(0, sample - fromSample) / (toSample - fromSample);
        return fromCharacters + share * (characters - fromCharacters);
      }
      fromCharacters = characters;
      fromSample = toSample;
    }
    return fromCharacters;
  }
}
