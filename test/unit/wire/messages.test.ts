// Control messages: both directions, growth, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  type ClientMessage,
  KEEP_ALIVE_REQUEST,
  KEEP_ALIVE_RESPONSE,
  PROTOCOL_VERSION,
  parseClientMessage,
  parseServerMessage,
  SUBPROTOCOL,
} from '../../../core/wire/messages.ts';
import type { Parsed } from '../../../core/wire/read-message.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './sample-messages.ts';

const sample = (type: ClientMessage['type']) =>
  CLIENT_MESSAGES.find((message) => message.type === type)!;

/** Reads a client's sample message in which some fields have other values. */
const read = (type: ClientMessage['type'], changes: object) =>
  parseClientMessage(JSON.stringify({ ...sample(type), ...changes }));

function sentenceOf(parsed: Parsed<unknown>): string {
  if (parsed.kind !== 'invalid') expect.fail(`Read as ${JSON.stringify(parsed)}.`);
  return parsed.sentence;
}

describe('client messages', () => {
  it.each(CLIENT_MESSAGES.map((message) => [message.type, message] as const))(
    '[W6] reads %s as it was written',
    (_type, message) => {
      expect(parseClientMessage(JSON.stringify(message))).toEqual({ kind: 'message', message });
    },
  );

  it('[W6] can do without what is optional, and takes a player to be able to hold', () => {
    const { resume, client, canHold, wire, ...hello } = sample('hello') as ClientMessage & {
      type: 'hello';
    };
    expect([resume, client, canHold, wire]).not.toContain(undefined);
    expect(parseClientMessage(JSON.stringify(hello))).toEqual({
      kind: 'message',
      message: { ...hello, canHold: true },
    });
    expect(parseClientMessage('{"type":"bye"}').kind).toBe('message');
  });

  it('[W6] takes numbers at their bounds and none beyond', () => {
    const bounds = [
      ['generation', 0xffff, 0x1_0000],
      ['playedSamples', Number.MAX_SAFE_INTEGER, 2 ** 53],
      ['uplinkTimestamp', 0xffff_ffff, 2 ** 32],
      ['bufferedMs', 172_800_000, 172_800_001],
      ['stretchMs', -172_800_000, -172_800_001],
      ['underruns', 0, -1],
    ] as const;
    for (const [field, at, beyond] of bounds) {
      expect(read('report', { [field]: at }).kind).toBe('message');
      expect(sentenceOf(read('report', { [field]: beyond }))).toContain(`"${field}" must be`);
    }
  });

  it('[W6] takes text of up to 8,000 characters', () => {
    expect(read('text', { text: '世'.repeat(8000) }).kind).toBe('message');
    expect(sentenceOf(read('text', { text: 'a'.repeat(8001) }))).toBe(
      '"text" is not valid: "text" must be <=8000 characters, received 8001.',
    );
  });
});

describe('server messages', () => {
  it.each(SERVER_MESSAGES.map((message) => [message.type, message] as const))(
    '[W7] reads %s as it was written',
    (_type, message) => {
      expect(parseServerMessage(JSON.stringify(message))).toEqual({ kind: 'message', message });
    },
  );
});

describe('growth', () => {
  it('[W8] tells an unknown type apart from a violation', () => {
    for (const type of ['applause', '', '__proto__', 'constructor', 'Hello', 'ack']) {
      expect(parseClientMessage(JSON.stringify({ type, more: 1 }))).toEqual({
        kind: 'unknown-type',
      });
    }
    // A type of one direction is none of the other's.
    expect(parseServerMessage(JSON.stringify(sample('hello')))).toEqual({ kind: 'unknown-type' });
  });

  it('[W8] drops fields that it does not know', () => {
    expect(parseClientMessage('{"type":"pause","timestamp":1,"fade":5}')).toEqual({
      kind: 'message',
      message: { type: 'pause', timestamp: 1 },
    });
  });

  it('[W10] refuses another version', () => {
    for (const version of [0, 2, '1', null]) {
      expect(sentenceOf(read('hello', { version }))).toContain('"version" must be 1, received');
      const welcome = SERVER_MESSAGES.find((message) => message.type === 'welcome')!;
      expect(parseServerMessage(JSON.stringify({ ...welcome, version })).kind).toBe('invalid');
    }
    expect(PROTOCOL_VERSION).toBe(1);
    expect(SUBPROTOCOL).toBe('isochron.v1');
  });

  it('[W12] keeps the words that keep a socket alive out of the control messages', () => {
    expect([KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE]).toEqual(['ping', 'pong']);
    expect(parseClientMessage(KEEP_ALIVE_REQUEST).kind).toBe('invalid');
    expect(parseServerMessage(KEEP_ALIVE_RESPONSE).kind).toBe('invalid');
  });
});

describe('violations', () => {
  it.each([
    ['', 'The message is not JSON.'],
    ['{"type":"bye"', 'The message is not JSON.'],
    ['['.repeat(60_000), 'The message is not JSON.'],
    ['null', 'The message has no "type".'],
    ['"bye"', 'The message has no "type".'],
    ['[{"type":"bye"}]', 'The message has no "type".'],
    ['{}', 'The message has no "type".'],
    ['{"type":["bye"]}', 'The message has no "type".'],
    ['{"type":7}', 'The message has no "type".'],
    ['{"__proto__":{"type":"bye"}}', 'The message has no "type".'],
    ['{"type":"pause"}', '"pause" is not valid: "timestamp" is missing.'],
    [
      '{"type":"pause","__proto__":{"timestamp":1}}',
      '"pause" is not valid: "timestamp" is missing.',
    ],
    [
      '{"type":"pause","timestamp":1.5}',
      '"pause" is not valid: "timestamp" must be integer, received 1.5.',
    ],
    [
      '{"type":"pause","timestamp":1e999}',
      '"pause" is not valid: "timestamp" must be integer, received Infinity.',
    ],
    [
      '{"type":"pause","timestamp":-1}',
      '"pause" is not valid: "timestamp" must be >=0, received -1.',
    ],
    [
      '{"type":"turn","state":"over","timestamp":1}',
      '"turn" is not valid: "state" must be ("started" | "ended"), received "over".',
    ],
  ])('[W9] refuses %j with a sentence', (text, sentence) => {
    expect(parseClientMessage(text)).toEqual({ kind: 'invalid', sentence });
  });

  it('[W9] names the field inside a message with several states', () => {
    expect(parseServerMessage('{"type":"turn","state":"ended","turn":1}')).toEqual({
      kind: 'invalid',
      sentence: '"turn" is not valid: "startTimestamp" is missing.',
    });
    expect(sentenceOf(parseServerMessage('{"type":"utterance","state":"paused"}'))).toBe(
      '"utterance" is not valid: "state" must be ("started" | "ended"), received "paused".',
    );
  });

  it('[W9] quotes only the start of what it refuses', () => {
    const uplink = { codec: 'x'.repeat(60_000), rateHz: 8000, frameMs: 20 };
    expect(sentenceOf(read('hello', { uplink }))).toMatch(
      /^"hello" is not valid: "uplink\.codec" must be .*, received "x{59}\.$/,
    );
  });
});
