// Reading a control message ends in an outcome, whatever the text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SENTENCE_MAX_CHARACTERS } from '../../../core/wire/limits.ts';
import {
  type ClientMessage,
  parseClientMessage,
  parseServerMessage,
  type ServerMessage,
} from '../../../core/wire/messages.ts';
import type { Parsed } from '../../../core/wire/read-message.ts';
import { runs } from '../../support/runs.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES } from '../../unit/wire/sample-messages.ts';

/** Reads in both directions, checks what holds for every text, and returns the outcomes. */
function readBoth(text: string): readonly Parsed<ClientMessage | ServerMessage>[] {
  const outcomes = [parseClientMessage(text), parseServerMessage(text)];
  for (const outcome of outcomes) {
    if (outcome.kind !== 'invalid') continue;
    expect(outcome.sentence.length).toBeLessThanOrEqual(SENTENCE_MAX_CHARACTERS);
    expect(outcome.sentence).toMatch(/\.$/);
  }
  return outcomes;
}

/** A copy in which one field, at any depth, has another value or is missing. */
function damaged(message: object, path: readonly number[], value: unknown): object {
  const [first = 0, ...rest] = path;
  const entries = Object.entries(message);
  const [name, inner] = entries[first % entries.length]!;
  if (rest.length > 0 && typeof inner === 'object' && inner !== null) {
    return { ...message, [name]: damaged(inner, rest, value) };
  }
  return { ...message, [name]: value };
}

describe('reading any text', () => {
  it('[W9] never throws on any text or any JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        readBoth(text);
      }),
      { seed: 9, numRuns: runs(1000) },
    );
  });

  it('[W6, W7, W9] reads a damaged message as it stands or refuses it', () => {
    const outcomes = { message: 0, 'unknown-type': 0, invalid: 0 };
    const path = fc.array(fc.nat(20), { minLength: 1, maxLength: 3 });
    const value = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.integer(),
      fc.constantFrom(undefined, null, -0, 2 ** 53, 1e308, '', 'x'.repeat(10_000), [], {}),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...CLIENT_MESSAGES, ...SERVER_MESSAGES),
        path,
        value,
        (...args) => {
          for (const outcome of readBoth(JSON.stringify(damaged(...args)))) {
            outcomes[outcome.kind]++;
            if (outcome.kind !== 'message') continue;
            // What was read is itself a message, and reads the same again.
            expect(readBoth(JSON.stringify(outcome.message))).toContainEqual(outcome);
          }
        },
      ),
      { seed: 67, numRuns: runs(2000) },
    );
    for (const times of Object.values(outcomes)) expect(times).toBeGreaterThan(100);
  });
});
