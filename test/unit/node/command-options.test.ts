// The command lines of talk and demo.

import { describe, expect, it } from 'vitest';
import { readDemoOptions } from '../../../client/node/demo-options.ts';
import { BUNDLED_VOICE, readTalkOptions } from '../../../client/node/talk-options.ts';

const talk = (...args: string[]) => readTalkOptions(args, { ISOCHRON_API_KEY: 'from-outside' });

describe('talk', () => {
  it('[X21] talks with the bundled sample to the parrot of a local service unless told otherwise', () => {
    expect(talk()).toMatchObject({
      voicePath: BUNDLED_VOICE,
      service: { url: new URL('http://127.0.0.1:8787'), apiKey: 'from-outside' },
      conversation: { agent: { name: 'parrot' }, settings: {} },
      format: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
      outPath: 'reply.wav',
      picturePath: null,
      json: false,
    });
  });

  it('[X21] takes everything else from its options', () => {
    const options = talk(
      ...['a.wav', '--url', 'https://example.com/x', '--api-key', 'mine', '--agent', 'storyteller'],
      ...['--lead-ms', '40', '--codec', 'mulaw', '--frame-ms', '60', '--maximum-s', '9', '--json'],
      ...['--picture', 'a.svg'],
    );
    expect(options).toMatchObject({
      voicePath: 'a.wav',
      service: { url: new URL('https://example.com/x'), apiKey: 'mine' },
      conversation: { agent: { name: 'storyteller' }, settings: { leadMs: 40 } },
      format: { codec: 'mulaw', rateHz: 8000, frameMs: 60 },
      maximumMs: 9000,
      picturePath: 'a.svg',
      json: true,
    });
  });

  it('[X21] finds the conversation in a token', () => {
    const payload = Buffer.from('{"conversation":"abc"}').toString('base64url');
    const token = `head.${payload}.signature`;
    expect(talk('--token', token)?.conversation).toEqual({ conversation: 'abc', token });
  });

  it.each([
    [['a.wav', 'b.wav'], /only one recording/],
    [['--no-such-option'], /Unknown option/],
    [['--url', 'ftp://here'], /"--url" must be an http or https address/],
    [['--lead-ms', 'soon'], /"--lead-ms" must be a number/],
    [['--frame-ms', '30'], /frames of 30 ms cannot be used/],
    [['--codec', 'opus'], /opus .* cannot be used/],
    [['--token', 'nonsense'], /"--token" must be a token/],
  ])('[X21] refuses %j with a sentence and exit code 2', (args, sentence) => {
    expect(() => talk(...args)).toThrow(sentence);
    expect(() => talk(...args)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('demo', () => {
  it('[X21] takes --json, --burn and --picture, and nothing else', () => {
    expect(readDemoOptions([])).toEqual({ json: false, burnMs: null, picturePath: null });
    expect(readDemoOptions(['--burn', '300', '--json', '--picture', 'a.svg'])).toEqual({
      ...{ json: true, burnMs: 300, picturePath: 'a.svg' },
    });
    for (const args of [['--burn', '0'], ['--burn', '1.5'], ['--burn', 'x'], ['a.wav']]) {
      expect(() => readDemoOptions(args)).toThrow(expect.objectContaining({ exitCode: 2 }));
    }
  });

  it('[X21] gives help for the asking', () => {
    expect(readDemoOptions(['--help'])).toBeNull();
    expect(talk('--help')).toBeNull();
  });
});
