// What the model is told in words: how much of an answer was heard, and what a line that broke has left unsaid.

const MS_PER_SECOND = 1000;

/** An answer that did not reach the caller to its end. */
export interface PartlyHeard {
  readonly heardMs: number;
  readonly givenMs: number;
  /** As far as the transcript has come; empty without one. */
  readonly text: string;
}

/** For the history, because the API has no way to shorten what the model believes it has said. */
export function heardNote({ heardMs, givenMs, text }: PartlyHeard): string {
  const seconds = (heardMs / MS_PER_SECOND).toFixed(2);
  const heard = wordsHeard(text, givenMs === 0 ? 0 : heardMs / givenMs);
  if (heardMs === 0) return '[The caller cut in before hearing anything of your last answer.]';
  const words = heard === '' ? '' : `, about as far as "${heard}"`;
  return `[The caller cut in: of your last answer only the first ${seconds} s were heard${words}. What came after that was not heard.]`;
}

/** For a turn that is asked again because the line broke while the model answered it. */
export function brokenNote({ givenMs, text }: PartlyHeard): string {
  const seconds = (givenMs / MS_PER_SECOND).toFixed(1);
  const words = text === '' ? '' : `: "${text.trim()}"`;
  return `[The line broke while you answered what the caller says next. They have the first ${seconds} s of that answer${words}. Go on from there, and do not begin again.]`;
}

/** Has the model say something of ours. */
export function sayExactly(text: string): string {
  return `[Say this to the caller now, word for word, and nothing else: ${JSON.stringify(text)}]`;
}

/** The first part of a text, up to a word's end: speech has no times of its words, so its share stands for the text's. */
function wordsHeard(text: string, share: number): string {
  const trimmed = text.trim();
  const length = Math.floor(trimmed.length * Math.min(1, share));
  if (length >= trimmed.length) return trimmed;
  return trimmed.slice(0, Math.max(0, trimmed.lastIndexOf(' ', length)));
}
