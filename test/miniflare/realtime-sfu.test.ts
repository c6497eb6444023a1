// Calls over the Realtime SFU over TCP: the whole service, real speech, and the fake of the SFU on the other side.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { readConversation } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { Resampler } from '../../core/media/resampler.ts';
import type { TimelineLine } from '../../core/recording/timeline-line.ts';
import type { FakeEgressOptions } from '../fakes/realtime-sfu/fake-egress.ts';
import type { FakeIngestOptions } from '../fakes/realtime-sfu/fake-ingest.ts';
import { FakeRealtime } from '../fakes/realtime-sfu/fake-realtime.ts';
import { bestLikeness } from '../support/likeness.ts';

const SECRET = 'the secret of the test app';
const TURN = { fromMs: 1000, toMs: 5670 };
const PATH = '/v1/bridges/realtime-sfu/conversations';
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** One call: who speaks what, who answers, and how long it lasts. */
interface Call {
  readonly agent: string;
  readonly caller: FakeEgressOptions;
  readonly ingest?: (ordinal: number) => FakeIngestOptions;
  readonly endAfterMs: number;
}

let service: LaunchedService;
let fake: FakeRealtime;
let said: Int16Array;
const calls = new Map<string, Call>();
const held = new Map<string, Promise<string>>();
/** Where the agents' tracks were at the end. */
const places = new Map<string, unknown>();

beforeAll(async () => {
  const sample = await readCallerVoice(file('samples/conversation.wav'));
  said = sample.subarray(TURN.fromMs * 16, TURN.toMs * 16);
  define();
  fake = await FakeRealtime.serve({
    appId: 'app-1',
    secret: SECRET,
    caller: (name) => calls.get(name)?.caller ?? {},
    agent: (name, ordinal) => calls.get(name.replace('agent of ', ''))?.ingest?.(ordinal) ?? {},
    fault: ({ location, trackName }) =>
      (location === 'remote' ? /^fault (.*)$/.exec(trackName)?.[1] : null) ?? null,
  });
  service = await launchService({
    REALTIME_APP_ID: 'app-1',
    REALTIME_APP_SECRET: SECRET,
    REALTIME_URL: fake.url,
  });
  for (const name of calls.keys()) {
    const call = hold(name);
    call.catch(() => {});
    held.set(name, call);
  }
});
afterAll(async () => {
  await service?.stop();
  await fake?.stop();
});

function define(): void {
  const early = trackOf([TURN.fromMs]);
  calls.set('answered', {
    agent: 'parrot',
    caller: { voice: early, firstSequence: 0xffff_ffe0, loses: (packet) => packet % 61 === 60 },
    endAfterMs: 12_500,
  });
  calls.set('after generation', {
    agent: 'parrot',
    caller: { voice: trackOf([TURN.fromMs, 8500]) },
    endAfterMs: 13_500,
  });
  calls.set('during generation', {
    agent: 'storyteller',
    caller: { voice: trackOf([3000]) },
    endAfterMs: 11_000,
  });
  calls.set('cut off', {
    agent: 'parrot',
    caller: { voice: early, cutsAtMs: [3000], redialAfterMs: 300 },
    endAfterMs: 9000,
  });
  calls.set('track lost', {
    agent: 'storyteller',
    caller: {},
    ingest: (ordinal) => (ordinal === 0 ? { dieAtMs: 3000 } : {}),
    endAfterMs: 7000,
  });
}

/** The turn of the sample at these times, at 48 kHz. */
function trackOf(startsMs: readonly number[]): Int16Array {
  const resampler = new Resampler(16_000, 48_000);
  // No microphone is quite silent.
  const track = new Int16Array((Math.max(...startsMs) + 5000) * 48).fill(3);
  const turn = new Int16Array(resampler.outputLimit(said.length));
  resampler.convert(said, 0, said.length, turn, 0);
  for (const startMs of startsMs) track.set(turn, startMs * 48);
  return track;
}

function create(trackName: string, agent = 'parrot'): Promise<Response> {
  return fetch(new URL(PATH, service.url), {
    method: 'POST',
    body: JSON.stringify({
      agent,
      recording: true,
      caller: { sessionId: 'session-of-the-caller', trackName },
      agentTrackName: `agent of ${trackName}`,
    }),
  });
}

/** Holds a call to its end, and returns its id. */
async function hold(name: string): Promise<string> {
  const { agent, endAfterMs } = calls.get(name)!;
  const answer = await create(name, agent);
  expect(answer.status).toBe(201);
  const created = await answer.json();
  await new Promise((resolve) => setTimeout(resolve, endAfterMs));
  const { conversation } = created as { conversation: string };
  const place = await fetch(new URL(`/v1/bridges/realtime-sfu/${conversation}`, service.url));
  places.set(name, { before: created, after: await place.json() });
  const end = new URL(`/v1/conversations/${conversation}/end`, service.url);
  await fetch(end, { method: 'POST', body: '{"mode":"now"}' });
  return conversation;
}

/** Resolves when every call is over: what a test computes would make the others late. */
async function over(name: string) {
  await Promise.allSettled(held.values());
  const conversation = await held.get(name)!;
  const ingests = fake.ingests.get(`agent of ${name}`)!;
  const heard = Int16Array.from(ingests[0]!.heard);
  return { conversation, ingests, ingest: ingests[0]!, heard, egress: fake.egresses.get(name)! };
}

/** A file of a call's recording, once it is there. */
async function recordingOf(conversation: string, name: string): Promise<Response> {
  const url = new URL(`/v1/conversations/${conversation}/recording/${name}`, service.url);
  for (;;) {
    const response = await fetch(url);
    if (response.ok) return response;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function timelineOf(conversation: string): Promise<TimelineLine[]> {
  const text = await (await recordingOf(conversation, 'timeline.jsonl')).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/** How like this, at 16 kHz, is what was heard from its first loud sample on, at 48 kHz. */
function likeness(part: Int16Array, heard: Int16Array): number {
  const from = heard.findIndex((sample) => Math.abs(sample) > 300);
  const near = 8000 - part.findIndex((sample) => Math.abs(sample) > 300);
  return Math.max(
    ...[0, 1, 2].map((phase) => {
      const samples = everyThird(heard, Math.max(0, from - 24_000 + phase));
      return bestLikeness(part, samples, near, 1600).correlation;
    }),
  );
}

/** 48 kHz samples at 16 kHz; they hold nothing above 8 kHz that would matter to a comparison. */
function everyThird(samples: Int16Array, from: number): Int16Array {
  return Int16Array.from(
    { length: Math.floor((samples.length - from) / 3) },
    (_, n) => samples[from + 3 * n]!,
  );
}

describe('a call over the SFU over TCP', () => {
  it('[RS13] brings a turn to the agent and its answer back, though packets are lost', async () => {
    const { conversation, ingest, heard } = await over('answered');
    expect(ingest.violations).toEqual([]);
    expect(fake.api.violations).toEqual([]);
    expect(likeness(said.subarray(0, 16_000), heard)).toBeGreaterThan(0.9);
    const { statistics, scorer } = await readConversation(service, { conversation, token: '' });
    expect(scorer).toBe('kernel');
    expect(statistics).toMatchObject({ turnsEnded: 1, utterancesCompleted: 1, violations: 0 });
    expect(statistics.gapEvents).toBeGreaterThanOrEqual(9);
    expect(statistics.gapSamples).toBe(statistics.gapEvents * 320);
  });

  it('[RS13] is recorded, both parties where they were heard', async () => {
    const { conversation, heard, egress, ingest } = await over('after generation');
    const wave = async (name: string) => {
      const bytes = await (await recordingOf(conversation, name)).arrayBuffer();
      return new Int16Array(bytes.slice(44));
    };
    const caller = await wave('caller.wav');
    const { correlation: ofCaller } = bestLikeness(said, caller, TURN.fromMs * 16, 100);
    expect(ofCaller).toBeGreaterThan(0.99);
    const agent = await wave('agent.wav');
    const from = heard.findIndex((sample) => Math.abs(sample) > 300);
    // Where it is in the recording, which begins with the caller's first packet.
    const near = Math.round(from / 3 - (egress.startMs - ingest.startMs) * 16);
    const { lag, correlation } = [0, 1, 2]
      .map((phase) => everyThird(heard, from + phase).subarray(0, 6400))
      .map((part) => bestLikeness(part, agent, near, 6400))
      .reduce((best, each) => (each.correlation > best.correlation ? each : best));
    expect(correlation).toBeGreaterThan(0.9);
    // The SFU says nothing of what it plays: the way there is not known, and on a busy machine it is long.
    expect(Math.abs(lag - near) / 16).toBeLessThan(400);
  });

  it.each(['during', 'after'])(
    '[RS13] lets the caller cut in %s generation, and knows what was heard',
    async (when) => {
      const { conversation, ingest } = await over(`${when} generation`);
      expect(ingest.violations).toEqual([]);
      const ended = (await timelineOf(conversation)).find(
        (line) =>
          line.type === 'utterance' && line.state === 'ended' && line.reason === 'interrupted',
      );
      if (ended?.type !== 'utterance' || ended.state !== 'ended') throw new Error('Nobody cut in.');
      expect(ended.source).toBe('reported');
      // What was sent is what was heard.
      expect(Math.abs(ended.heardSamples / 16 - ingest.segments[0]! / 48)).toBeLessThan(21);
    },
  );

  it('[RS5] goes on with a turn when the SFU dials again in mid-word', async () => {
    const { conversation, egress, heard } = await over('cut off');
    expect(egress.dials).toBe(2);
    const { statistics } = await readConversation(service, { conversation, token: '' });
    expect(statistics).toMatchObject({ connections: 2, violations: 0 });
    // A machine that is slow to answer the dial makes the gap longer than a turn can bear.
    expect(statistics.turnsEnded).toBeGreaterThanOrEqual(1);
    expect(statistics.gapSamples / 16).toBeLessThan(2000);
    expect(likeness(said.subarray(0, 16_000), heard)).toBeGreaterThan(0.9);
  });

  it('[RS10] gets another track for its agent when one is lost, and says where', async () => {
    const { ingests } = await over('track lost');
    expect(ingests).toHaveLength(2);
    expect(ingests[1]!.playedSamples).toBeGreaterThan(2000 * 48);
    const { before, after } = places.get('track lost') as Record<
      'before' | 'after',
      { agent: { sessionId: string; trackName: string } }
    >;
    expect(after.agent.trackName).toBe(before.agent.trackName);
    expect(after.agent.sessionId).not.toBe(before.agent.sessionId);
  });

  it('[RS11] has no adapter left when every call is over', async () => {
    await over('answered');
    await expect.poll(() => fake.api.openAdapters, { timeout: 5000 }).toBe(0);
  });
});

describe('the doors of the SFU', () => {
  it.each([
    ['websocket_localhost_not_allowed', /tunnel/],
    ['websocket_handshake_failed', /could not open a WebSocket/],
    ['websocket_connection_timeout', /reached nobody/],
    ['something_new', /something_new/],
  ])(
    '[RS2] says what is wrong when the SFU says %s, and leaves no adapter open',
    async (code, sentence) => {
      const before = fake.api.openAdapters;
      const answer = await create(`fault ${code}`);
      expect(answer.status).toBe(503);
      expect(await answer.text()).toMatch(sentence);
      await expect.poll(() => fake.api.openAdapters).toBeLessThanOrEqual(before);
    },
  );

  it('[RS1] opens only for the URL that was signed for the adapter', async () => {
    const answer = await create('door');
    const { conversation } = (await answer.json()) as { conversation: string };
    const url = new URL(fake.endpoints.get('door')!);
    expect(await statusOf(url)).toBe(101);
    const other = new URL(url.href.replace('/egress', '/ingest'));
    expect(await statusOf(other)).toBe(403);
    url.searchParams.set('t', `${url.searchParams.get('t')!.slice(0, -1)}x`);
    expect(await statusOf(url)).toBe(403);
    url.searchParams.delete('t');
    expect(await statusOf(url)).toBe(403);
    const end = new URL(`/v1/conversations/${conversation}/end`, service.url);
    await fetch(end, { method: 'POST', body: '{"mode":"now"}' });
  });
});

/** The status of an upgrade; the socket is closed at once. */
function statusOf(url: URL): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
  });
}
