// Whole calls with OpenAI Realtime over TCP: the service, real speech, and the fake of the vendor behind real sockets.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import { countingAnswer } from '../fakes/openai-realtime/counting-model.ts';
import type { FakeOptions } from '../fakes/openai-realtime/fake-options.ts';
import { FAKE_KEY, FakeOpenAiService } from '../fakes/openai-realtime/openai-connection.ts';
import { heardSound, wordsHeard } from '../fakes/openai-realtime/verdict.ts';
import { numbersIn } from '../fakes/openai-realtime/watermark.ts';
import { type ServedFake, serveFake } from '../fakes/ws-server.ts';
import { bestLikeness } from '../support/likeness.ts';
import { LinkedWorkers } from '../support/linked-workers.ts';
import { RIGID } from '../support/rigid-player.ts';

const RATE_PER_MS = 16;
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const upTo = (count: number, from: number) => Array.from({ length: count }, (_, n) => from + n);

const WORD_MS = 240;
/** One frame. */
const TOLERANCE_MS = 20;

const long = () => ({ messages: [upTo(60, 101)] });

/** Each call dials a model of its own, by which it is known here. */
const VENDORS: Record<string, (session: number) => FakeOptions> = {
  answered: () => ({
    answer: (question) =>
      question.items.at(-1)?.type === 'message'
        ? { messages: [], call: { name: 'current_time', args: '{}' } }
        : countingAnswer({ ...question, turn: 1, items: [] }),
  }),
  'during generation': () => ({ speed: 2, lateDeltas: 2, answer: long }),
  'after generation': () => ({ speed: 20, answer: long }),
  'died in mid-utterance': (session) => (session === 0 ? { diesAfterAudioMs: 6 * WORD_MS } : {}),
  server_vad: () => ({ speed: 3, answer: long }),
};

const AGENTS: Record<string, Record<string, unknown>> = {
  answered: { tools: [{ name: 'current_time', description: 'Tells the time.' }] },
  server_vad: { turnDetection: 'server_vad' },
};

let server: ServedFake;
/** With a process of its own it dials out by itself; what the launcher starts goes through Node, which opens no sockets. */
const workers = new LinkedWorkers();
const vendors = new Map<string, FakeOpenAiService>();
const calls = new Map<string, Promise<CallRecord>>();

beforeAll(async () => {
  const sample = await readCallerVoice(file('samples/conversation.wav'));
  server = await serveFake((line) => {
    const model = new URL(line.path, 'ws://fake').searchParams.get('model') ?? '';
    return vendors.get(model)!.serve(line);
  });
  const vars = {
    ISOCHRON_DEVELOPMENT: '1',
    ISOCHRON_SECRET: '',
    OPENAI_API_KEY: FAKE_KEY,
    OPENAI_REALTIME_URL: `${server.url}/v1/realtime`,
  };
  const service = { url: await workers.start('wrangler.toml', { name: 'isochron-openai', vars }) };
  const turn = sample.subarray(1000 * RATE_PER_MS, 5670 * RATE_PER_MS);
  const once = new Int16Array(6000 * RATE_PER_MS);
  once.set(turn, 500 * RATE_PER_MS);
  const twice = new Int16Array(15_000 * RATE_PER_MS);
  twice.set(turn, 500 * RATE_PER_MS);
  twice.set(turn, 10_000 * RATE_PER_MS);
  for (const [name, options] of Object.entries(VENDORS)) {
    vendors.set(name, new FakeOpenAiService(options));
    const cutsIn = name !== 'answered' && name !== 'died in mid-utterance';
    const call = holdConversation(service, {
      voice: cutsIn ? twice : once,
      conversation: { agent: { name: 'openai-realtime', model: name, ...AGENTS[name] } },
      maximumMs: cutsIn ? 15_000 : 12_000,
      player: RIGID,
    });
    // A failure is told by the test that awaits the call.
    call.catch(() => {});
    calls.set(name, call);
  }
});
afterAll(async () => {
  await workers.stop();
  await server?.close();
});

/** Resolves when every call is over: what a test computes would make the clients that still talk late. */
async function recordOf(name: string): Promise<CallRecord> {
  await Promise.allSettled(calls.values());
  expect(vendors.get(name)!.violations).toEqual([]);
  return calls.get(name)!;
}

/** Where the first word of an answer begins to be heard. */
function startOf({ events, heard }: CallRecord, word: number, index: number): number {
  const audible = events.filter((event) => event.kind === 'utterance-audible')[index]!;
  const near = Math.round(audible.atMs * RATE_PER_MS);
  const { lag, correlation } = bestLikeness(heardSound(word), heard, near, 60 * RATE_PER_MS);
  expect(correlation).toBeGreaterThan(0.95);
  return lag;
}

/** The end of what was heard of an utterance: where the next begins, or nothing follows. */
function endOf({ events, heard }: CallRecord, index: number): number {
  const next = events.filter((event) => event.kind === 'utterance-audible')[index + 1];
  const before = Math.round((next?.atMs ?? Number.POSITIVE_INFINITY) * RATE_PER_MS) - 1;
  let end = Math.min(before, heard.length);
  while (end > 0 && heard[end - 1] === 0) end--;
  return end;
}

/** How much of the answer was heard when it fell silent, by its last whole word: what came before may have had gaps. */
function heardUpTo(record: CallRecord, nearMs: number): number {
  const end = endOf(record, 0);
  const word = Math.floor(nearMs / WORD_MS) - 1;
  const near = end - Math.round((nearMs - word * WORD_MS) * RATE_PER_MS);
  const sound = heardSound(101 + word);
  const { lag, correlation } = bestLikeness(sound, record.heard, near, 200 * RATE_PER_MS);
  expect(correlation).toBeGreaterThan(0.95);
  return word * WORD_MS + (end - lag) / RATE_PER_MS;
}

const wordsIn = (record: CallRecord) =>
  record.events.flatMap((event) =>
    event.kind === 'transcript' && event.party === 'agent' ? [numbersIn(event.text)] : [],
  );

describe('a call with OpenAI Realtime over TCP', () => {
  it('[OR28] is answered, after a tool was called', async () => {
    const record = await recordOf('answered');
    const [session] = vendors.get('answered')!.sessions;
    expect(session!.callerAudio).toHaveLength(1);
    // The turn as it was spoken, with its pre-roll.
    expect(session!.callerAudio[0]!.length / 24).toBeGreaterThan(4600);
    expect(session!.items.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
      'message',
    ]);
    expect(session!.items[2]!.text).toContain('"utc"');
    const start = startOf(record, 101, 0);
    const said = record.heard.subarray(start, endOf(record, 0));
    expect(wordsHeard(said, upTo(12, 101))).toEqual(upTo(12, 101));
    expect(record.summary).toMatchObject({ turns: 1, utterances: 1 });
  });

  it.each(['during generation', 'after generation', 'server_vad'])(
    '[OR28] that is cut short (%s) tells the vendor what was heard, within a frame',
    async (name) => {
      const record = await recordOf(name);
      const [session] = vendors.get(name)!.sessions;
      const [truncation] = session!.truncations;
      expect(session!.truncations.length).toBeGreaterThan(0);
      const { audioEndMs } = truncation!;
      expect(audioEndMs).toBeGreaterThan(1000);
      const heardMs = heardUpTo(record, audioEndMs);
      expect(Math.abs(audioEndMs - heardMs), `${heardMs} ms`).toBeLessThanOrEqual(TOLERANCE_MS);
      const cancels = session!.received.filter((type) => type === 'response.cancel');
      expect(cancels).toHaveLength(name === 'during generation' ? 1 : 0);
      const ended = record.events.find((event) => event.kind === 'utterance-ended');
      expect(ended).toMatchObject({ reason: 'interrupted' });
    },
  );

  it('[OR28] whose vendor dies in mid-utterance is heard to its end, once', async () => {
    const record = await recordOf('died in mid-utterance');
    const { sessions } = vendors.get('died in mid-utterance')!;
    expect(sessions.map(({ asked }) => asked.length)).toEqual([1, 1]);
    const [before = []] = wordsIn(record).slice(-2);
    const rest = before.length + 101;
    const parts = [startOf(record, 101, 0), startOf(record, rest, 1)] as const;
    expect(parts[1]).toBeGreaterThanOrEqual(parts[0] + before.length * WORD_MS * RATE_PER_MS);
    const said = [record.heard.subarray(parts[0], parts[1]), record.heard.subarray(parts[1])];
    const heard = said.map((samples) => wordsHeard(samples, upTo(12, 101)));
    expect(heard[0]!.slice(0, before.length)).toEqual(before);
    expect(heard[1]!.slice(0, 12 - before.length)).toEqual(upTo(12 - before.length, rest));
    expect(wordsIn(record).at(-1)).toEqual(upTo(12 - before.length, rest));
  });
});
