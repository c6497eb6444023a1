// Text into pieces that can be said.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heardPart } from '../../../../durable-objects/agents/workers-ai/answer.ts';
import { Sentences, speakable } from '../../../../durable-objects/agents/workers-ai/sentences.ts';

function pieces(...parts: string[]): string[] {
  const sentences = new Sentences();
  return [...parts.flatMap((part) => sentences.add(part)), ...sentences.end()];
}

describe('Sentences', () => {
  it.each([
    ['It opens at nine. Come then.', ['It opens at nine.', 'Come then.']],
    ['Ask Dr. Miller about it. He knows.', ['Ask Dr. Miller about it.', 'He knows.']],
    [
      'We close at 6 p.m. on Fridays. Goodbye for now.',
      ['We close at 6 p.m. on Fridays.', 'Goodbye for now.'],
    ],
    ['We close at 6 p.m. Tomorrow too.', ['We close at 6 p.m.', 'Tomorrow too.']],
    ['It costs 3.50 now. Is that fine?', ['It costs 3.50 now.', 'Is that fine?']],
    ['The room is No. 5 there. Right behind it.', ['The room is No. 5 there.', 'Right behind it.']],
    ['Not at all, no. That is wrong.', ['Not at all, no.', 'That is wrong.']],
    ['J. Smith is in. Wait for him, please.', ['J. Smith is in.', 'Wait for him, please.']],
    ['So am I. That is all there is.', ['So am I.', 'That is all there is.']],
    ['He said "Go on." Then he left us.', ['He said "Go on."', 'Then he left us.']],
    ['It was 1999. That was long ago.', ['It was 1999.', 'That was long ago.']],
    ['1. Eggs\n2. Milk', ['1. Eggs', '2. Milk']],
  ])('[WA6] cuts %j where sentences end', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });

  it('[WA6] the first piece may be a clause, so that it can be said while the rest is written', () => {
    const sentences = new Sentences();
    const said = sentences.add('Of course I can help you, and the next thing that we');
    expect(said).toEqual(['Of course I can help you,']);
    expect(sentences.add(' need, after all of it, is')).toEqual([]);
  });

  it('[WA6] a short sentence comes at once when it is the first, and else with the next', () => {
    expect(pieces('Yes. I know. It is blue and green. No.')).toEqual([
      'Yes.',
      'I know. It is blue and green.',
      'No.',
    ]);
  });

  it('[WA6] a sentence without an end is cut at a pause or a word', () => {
    const long = `${'and so on it goes, '.repeat(40)}until the end`;
    const cut = pieces('Yes. ', long);
    expect(cut.length).toBeGreaterThan(3);
    for (const piece of cut) expect(piece.length).toBeLessThanOrEqual(281);
    expect(cut.join(' ')).toBe(`Yes. ${long}`);
  });

  it('[WA6] cuts at the same places however the text comes, and loses nothing of it', () => {
    const word = fc.constantFrom(
      'Dr.',
      'well',
      'no.',
      'No. 5',
      '3.14',
      'p.m.',
      'a,',
      'end!',
      '\n',
      'I.',
      '"So."',
      'longer words here;',
    );
    let cuts = 0;
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (words, sizes) => {
          const text = words.join(' ');
          const parts: string[] = [];
          for (let at = 0, n = 0; at < text.length; n++) {
            const size = sizes[n % sizes.length]!;
            parts.push(text.slice(at, at + size));
            at += size;
          }
          const whole = pieces(text);
          expect(pieces(...parts)).toEqual(whole);
          expect(whole.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
          cuts += whole.length;
        },
      ),
      { seed: 7, numRuns: 200 },
    );
    expect(cuts).toBeGreaterThan(300);
  });

  it('[WA6] what is meant for the eye is not said', () => {
    expect(speakable('**Yes**, see [the page](https://x.example) and `run`')).toBe(
      'Yes, see the page and run',
    );
    expect(speakable('- first\n- second')).toBe('first second');
  });
});

describe('The heard part of a sentence', () => {
  it('[WA9] ends at a word; one that was cut counts when most of it was heard', () => {
    expect(heardPart('one three', 1)).toBe('one three');
    expect(heardPart('one three', 0)).toBe('');
    expect(heardPart('one three', 0.5)).toBe('one');
    expect(heardPart('one three', 0.8)).toBe('one three');
  });
});
