// Telephone calls over TCP: the whole service, real speech, and the fake of Twilio on the other side.

import { fileURLToPath } from 'node:url';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { readConversation } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { decodeMulaw } from '../../core/media/mulaw.ts';
import { PayloadEncoder } from '../../core/media/payload-codec.ts';
import type { TimelineLine } from '../../core/recording/timeline-line.ts';
import {
  placeCall,
  type TelephoneCallOptions,
  type TelephoneCallRecord,
} from '../fakes/twilio/telephone-call.ts';
import { bestLikeness, correlationAt } from '../support/likeness.ts';

const AUTH_TOKEN = 'the auth token of the test account';
const TURN = { fromMs: 1000, toMs: 5670 };
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let service: LaunchedService;
let sample: Uint8Array;
let story: Int16Array;
let neverStarted: Promise<string>;
const calls = new Map<string, Promise<TelephoneCallRecord>>();

beforeAll(async () => {
  sample = mulaw(await readCallerVoice(file('samples/conversation.wav')));
  story = everyOther(await readCallerVoice(file('assets/story.wav')));
  service = await launchService({
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_CONVERSATION: JSON.stringify({ agent: 'storyteller', recording: true }),
  });
  const turn = sample.subarray(TURN.fromMs * 8, TURN.toMs * 8);
  const twice = new Uint8Array(13_500 * 8).fill(0xff);
  twice.set(turn, TURN.fromMs * 8);
  twice.set(turn, 8500 * 8);
  const late = new Uint8Array(8000 * 8).fill(0xff);
  late.set(turn, 3000 * 8);
  place(
    'answered',
    { voice: sample.subarray(0, 6500 * 8), hangUpAfterMs: 12_500 },
    '?agent=parrot',
  );
  place('after generation', { voice: twice, hangUpAfterMs: 13_500 }, '?agent=parrot');
  place('during generation', { voice: late, hangUpAfterMs: 11_000 });
  place('broken off', {
    hangUpAfterMs: 6000,
    ofStream: (stream) => (stream === 1 ? { dieAtMs: 4000 } : {}),
  });
  neverStarted = streamUrl().then((url) =>
    open(url, getExpectedTwilioSignature(AUTH_TOKEN, url, {})),
  );
});
afterAll(() => service?.stop());

/** Where the stream of a new call is to go. */
async function streamUrl(): Promise<string> {
  const url = new URL('/v1/bridges/twilio/voice', service.url).href;
  const signature = getExpectedTwilioSignature(AUTH_TOKEN, url, {});
  const answer = await fetch(url, { method: 'POST', headers: { 'X-Twilio-Signature': signature } });
  return /<Stream url="([^"]+)">/.exec(await answer.text())![1]!;
}

/** Opens a stream, says something where it is given, and waits for its end. */
function open(url: string, signature: string, first?: object): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers: { 'X-Twilio-Signature': signature } });
    socket.on('unexpected-response', (_, response) => resolve(`status ${response.statusCode}`));
    socket.on('error', () => {});
    socket.on('close', (code) => resolve(`close ${code}`));
    socket.on('open', () => first && socket.send(JSON.stringify(first)));
  });
}

/** The first message of a stream that has guessed its ticket. */
const WRONG_START = {
  event: 'start',
  start: {
    streamSid: 'MZ1',
    callSid: 'CA1',
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { ticket: 'f'.repeat(64) },
  },
};

/** All calls are held at once. */
function place(name: string, options: Partial<TelephoneCallOptions>, query = ''): void {
  const voiceUrl = new URL(`/v1/bridges/twilio/voice${query}`, service.url);
  const call = placeCall({ voiceUrl, authToken: AUTH_TOKEN, hangUpAfterMs: 10_000, ...options });
  call.catch(() => {});
  calls.set(name, call);
}

/** Resolves when every call is over: what a test computes would make the others late. */
async function recordOf(name: string): Promise<TelephoneCallRecord> {
  await Promise.allSettled(calls.values());
  return calls.get(name)!;
}

/** 16 kHz samples as a telephone has them. */
function mulaw(samples: Int16Array): Uint8Array {
  const encoder = new PayloadEncoder({ codec: 'mulaw', rateHz: 8000, frameMs: 20 });
  const bytes = new Uint8Array(Math.floor(samples.length / 320) * 160);
  const frame = new Uint8Array(160);
  for (let n = 0; n < bytes.length / 160; n++) {
    encoder.encode(samples.subarray(n * 320, (n + 1) * 320), 0, 320, frame, 0);
    bytes.set(frame, n * 160);
  }
  return bytes;
}

const pcm = (bytes: ArrayLike<number>) => Int16Array.from(bytes, (byte) => decodeMulaw(byte));

/** 16 kHz samples at 8 kHz; they hold nothing above 4 kHz that would matter to a comparison. */
function everyOther(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: samples.length >> 1 }, (_, n) => samples[2 * n]!);
}

/** A file of a call's recording, once it is there. */
async function recordingOf({ conversation }: TelephoneCallRecord, name: string): Promise<Response> {
  const url = new URL(`/v1/conversations/${conversation}/recording/${name}`, service.url);
  for (;;) {
    const response = await fetch(url);
    if (response.ok) return response;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function timelineOf(record: TelephoneCallRecord): Promise<TimelineLine[]> {
  const text = await (await recordingOf(record, 'timeline.jsonl')).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/** How far what the agent was told lies from what the fake has played of its one utterance, ms. */
async function heardErrorMs(record: TelephoneCallRecord): Promise<number> {
  const ended = (await timelineOf(record)).find(
    (line) => line.type === 'utterance' && line.state === 'ended' && line.reason === 'interrupted',
  );
  if (ended?.type !== 'utterance' || ended.state !== 'ended') throw new Error('Nobody cut in.');
  expect(ended.source).toBe('reported');
  const [fake] = record.streams;
  expect(fake!.clears[0]!.droppedSamples).toBeGreaterThan(0);
  return Math.abs(ended.heardSamples / 2 - fake!.clears[0]!.playedSamples) / 8;
}

describe('a telephone call over TCP', () => {
  it('[TW13] brings a turn to the agent and its answer back, and ends with the caller', async () => {
    const record = await recordOf('answered');
    const [fake] = record.streams;
    expect(record.markups).toHaveLength(2);
    expect(record.markups[1]).toContain('<Hangup/>');
    expect(fake!.violations).toEqual([]);
    expect(fake!.mostBufferedSamples).toBeLessThanOrEqual(600 * 8);
    const said = pcm(sample.subarray(TURN.fromMs * 8, TURN.toMs * 8));
    const heard = pcm(fake!.heard);
    const from = fake!.heard.findIndex((byte) => Math.abs(decodeMulaw(byte)) > 300);
    expect(bestLikeness(said, heard, from, 4000).correlation).toBeGreaterThan(0.9);
    const { statistics, scorer } = await readConversation(service, { ...record, token: '' });
    expect(scorer).toBe('kernel');
    expect(statistics).toMatchObject({ turnsEnded: 1, utterancesCompleted: 1, violations: 0 });
  });

  it('[TW13] is recorded, both parties where they were heard', async () => {
    const record = await recordOf('answered');
    const wave = async (name: string) => {
      const bytes = await (await recordingOf(record, name)).arrayBuffer();
      return new Int16Array(bytes.slice(44));
    };
    const caller = await wave('caller.wav');
    const said = pcm(sample.subarray(TURN.fromMs * 8, TURN.toMs * 8));
    expect(correlationAt(said, caller, TURN.fromMs * 8)).toBeGreaterThan(0.999);
    const agent = everyOther(await wave('agent.wav'));
    const heard = pcm(record.streams[0]!.heard);
    const from = record.streams[0]!.heard.findIndex((byte) => Math.abs(decodeMulaw(byte)) > 300);
    const { lag, correlation } = bestLikeness(
      heard.subarray(from, from + 16_000),
      agent,
      from,
      1600,
    );
    expect(correlation).toBeGreaterThan(0.9);
    // The caller's own frames are 20 ms long, and a mark may wait for the next.
    expect(Math.abs(lag - from) / 8).toBeLessThan(60);
  });

  it.each(['during', 'after'])(
    '[TW13] lets the caller cut in %s generation, and knows what was heard',
    async (when) => {
      const record = await recordOf(`${when} generation`);
      expect(record.streams[0]!.violations).toEqual([]);
      expect(await heardErrorMs(record)).toBeLessThan(100);
    },
  );

  it('[TW10] goes on in a new stream when one breaks off, with what was not heard', async () => {
    const record = await recordOf('broken off');
    expect(record.streams).toHaveLength(2);
    expect(record.markups.map((markup) => markup.includes('<Stream'))).toEqual([true, true, false]);
    const second = pcm(record.streams[1]!.heard);
    const told = record.streams[0]!.playedSamples;
    const start = second.findIndex((sample) => Math.abs(sample) > 300);
    const again = bestLikeness(second.subarray(start, start + 8000), story, told, 8000);
    expect(again.correlation).toBeGreaterThan(0.9);
  });
});

describe('the doors of the telephone', () => {
  it('[TW1] refuses who is not Twilio, and an agent that does not exist', async () => {
    const url = new URL('/v1/bridges/twilio/voice', service.url);
    expect((await fetch(url, { method: 'POST' })).status).toBe(403);
    const forged = { 'X-Twilio-Signature': getExpectedTwilioSignature('another', url.href, {}) };
    expect((await fetch(url, { method: 'POST', headers: forged })).status).toBe(403);
    const wrong = new URL('?agent=nobody', url);
    const signed = { 'X-Twilio-Signature': getExpectedTwilioSignature(AUTH_TOKEN, wrong.href, {}) };
    const answer = await fetch(wrong, { method: 'POST', headers: signed });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('nobody');
  });

  it('[TW2] refuses a stream without a signature, and closes one without its ticket', async () => {
    const url = await streamUrl();
    expect(await open(url, '')).toBe('status 403');
    expect(await open(url, getExpectedTwilioSignature(AUTH_TOKEN, url, {}), WRONG_START)).toBe(
      'close 4401',
    );
  });

  it('[TW2] closes a stream that does not start in time', async () => {
    expect(await neverStarted).toBe('close 4408');
  });
});
