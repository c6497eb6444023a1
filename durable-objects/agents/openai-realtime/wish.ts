// Something that the model is to say: an answer, given words, or the rest of what broke off.

import * as v from 'valibot';

export const WISH = v.object({
  /** What the model is told beyond its instructions; null for a plain answer. */
  note: v.nullable(v.string()),
  isInterruptible: v.boolean(),
  /** Whether a new turn of the caller takes its place. */
  isAnswer: v.boolean(),
});
export type Wish = v.InferOutput<typeof WISH>;

/** These words and no others. */
export function wishFor(words: string, isInterruptible: boolean): Wish {
  const note = `Say exactly the following, word for word, and nothing else:\n${words}`;
  return { note, isInterruptible, isAnswer: false };
}

/** The same wish, when some of it was said before the vendor was lost. */
export function restOf(wish: Wish): Wish {
  const end = 'Your last message broke off for a technical reason.';
  const rest = 'Go on exactly where it ends. Repeat nothing, and do not mention the break.';
  return { ...wish, note: [wish.note, end, rest].filter((part) => part !== null).join('\n') };
}
