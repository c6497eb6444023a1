// Cuts a text that is still being written into pieces that can be said: sentences, and at first something shorter.

/** The first piece is said as soon as a clause of this length is there, so that the caller need not wait for a whole sentence. */
const FIRST_CLAUSE_CHARACTERS = 24;
/** Shorter sentences wait for the next one: spoken alone they sound torn out. The first one does not wait. */
const SHORTEST_CHARACTERS = 12;
/** A sentence that does not end is cut at a pause or a word. */
const LONGEST_CHARACTERS = 280;

/** Never the end of a sentence, whatever follows. */
const TITLES = new Set([
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'st',
  'vs',
  'jr',
  'sr',
  'gen',
  'col',
  'sgt',
  'rev',
  'hon',
  'e.g',
  'i.e',
  'cf',
  'approx',
  'sra',
  'dra',
  'ud',
]);
/** The end of a sentence unless a small letter follows. */
const SHORTENED = new Set([
  'a.m',
  'p.m',
  'etc',
  'inc',
  'ltd',
  'co',
  'corp',
  'u.s',
  'u.k',
  'ave',
  'blvd',
  'dept',
  'est',
  'min',
  'hr',
  'ca',
]);
/** No end when a number follows. */
const BEFORE_NUMBERS = new Set([
  'no',
  'nos',
  'p',
  'pp',
  'fig',
  'vol',
  'ch',
  'art',
  'sec',
  'núm',
  'pág',
]);

const SPACE = /\s/;
const SENTENCE_END = /[.!?…。！？]/;
const CLAUSE_END = /[,;:–—]/;
/** What may stand between the end of a sentence and the space after it. */
const CLOSING = /["'”’)\]]/;

/**
 * Where it cuts depends on the text alone, not on how the text came. A cut is made once the character after the space behind
 * it is known, because that decides whether "No." or "p.m." ends a sentence.
 */
export class Sentences {
  #rest = '';
  #isFirst = true;

  /** Takes more of the text; returns what can be said by now. */
  add(text: string): string[] {
    this.#rest += text;
    return this.#cut();
  }

  /** No more comes: the rest is a piece, whatever it ends with. */
  end(): string[] {
    // A character that nothing depends on: what ended with the text ends a sentence.
    this.#rest += '\n\n';
    const pieces = this.#cut();
    const rest = this.#rest.trim();
    this.#rest = '';
    this.#isFirst = true;
    return rest === '' ? pieces : [...pieces, rest];
  }

  #cut(): string[] {
    const pieces: string[] = [];
    for (;;) {
      const at = this.#nextCut();
      if (at === null) return pieces;
      const piece = this.#rest.slice(0, at).trim();
      this.#rest = this.#rest.slice(at);
      if (piece === '') continue;
      pieces.push(piece);
      this.#isFirst = false;
    }
  }

  /** Length of the next piece; null when it is not there yet. */
  #nextCut(): number | null {
    const text = this.#rest;
    const start = text.length - text.trimStart().length;
    for (let at = start; at < text.length; at++) {
      const length = at + 1 - start;
      if (text[at] === '\n' && at > start) return at + 1;
      if (length > LONGEST_CHARACTERS) return start + longestPart(text.slice(start, at));
      const next = text[at + 1];
      if (next === undefined) return null;
      if (!SPACE.test(next)) continue;
      const follower = text.slice(at + 1).trimStart()[0];
      const isLineEnd = next === '\n';
      if (follower === undefined && !isLineEnd) return null;
      if (this.#endsAt(text, start, at, follower ?? '')) return at + 1;
    }
    return null;
  }

  #endsAt(text: string, start: number, at: number, follower: string): boolean {
    const length = at + 1 - start;
    let last = at;
    while (last > start && CLOSING.test(text[last]!)) last--;
    const end = text[last]!;
    if (SENTENCE_END.test(end)) {
      if (length < SHORTEST_CHARACTERS && !this.#isFirst) return false;
      return end !== '.' || isFullStop(text.slice(start, last), follower);
    }
    return this.#isFirst && length >= FIRST_CLAUSE_CHARACTERS && CLAUSE_END.test(end);
  }
}

/** Whether a point after these words ends a sentence, with this character following the space. */
function isFullStop(before: string, follower: string): boolean {
  const word = before
    .slice(Math.max(before.lastIndexOf(' '), before.lastIndexOf('\n')) + 1)
    .replace(/^["'“‘([]+/, '')
    .toLowerCase();
  if (TITLES.has(word)) return false;
  // An initial, as in "J. Smith", but not the word "I".
  if (/^\p{L}$/u.test(word) && word !== 'i') return false;
  // The number of a list's item; a number at the end of a sentence has words before it.
  if (/^\d{1,3}$/.test(word) && before.trim() === word) return false;
  if (SHORTENED.has(word)) return !/\p{Ll}/u.test(follower);
  if (BEFORE_NUMBERS.has(word)) return !/\d/.test(follower);
  return true;
}

/** Where to cut a text that is too long for a piece: after the last clause in its second half, else after the last word. */
function longestPart(text: string): number {
  for (let at = text.length - 1; at > text.length / 2; at--) {
    if (CLAUSE_END.test(text[at - 1]!) && SPACE.test(text[at]!)) return at;
  }
  const space = text.lastIndexOf(' ');
  return space > 0 ? space : text.length;
}

/** A text without the marks that a model writes for the eye. */
export function speakable(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(#{1,6}|[-*•])\s+/gm, '')
    .replace(/[*_`~]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
