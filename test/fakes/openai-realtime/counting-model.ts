// A model that counts: every word of its answers is another number, so that it can be heard what is missing or said twice.

import type { FakeAnswer, FakeQuestion } from './fake-options.ts';
import { numbersIn } from './watermark.ts';

/** 2.88 s of speech. */
const WORDS_PER_ANSWER = 12;

/** Answers with words that nobody has heard: the answer's number and the words' own, going on where an answer broke off. */
export function countingAnswer({ items, turn }: FakeQuestion): FakeAnswer {
  const last = items.at(-1);
  const said = last?.role === 'assistant' ? numbersIn(last.text ?? '').at(-1) : undefined;
  const first = said === undefined ? 100 * turn + 1 : said + 1;
  const isBrokenOff = said !== undefined && said % 100 < WORDS_PER_ANSWER;
  const count = isBrokenOff ? WORDS_PER_ANSWER - (said % 100) : WORDS_PER_ANSWER;
  return { messages: [Array.from({ length: count }, (_, index) => first + index)] };
}
