import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecordingReport } from '../../durable-objects/recording/recorder.ts';
import { Caller, FRAME_SAMPLES } from './caller.ts';
import {
  API_KEY,
  ask,
  askAsOperator,
  type Created,
  create,
  errorOf,
  objectOf,
  SECURED,
  type Variables,
} from './service.ts';

const FRAMES = 120;

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A sample that tells its frame. */
const sampleOf = (frame: number): number => ((frame * 37) % 2000) - 1000;

/** A call of FRAMES frames, recorded, that has just ended. */
async function call(body: Record<string, unknown> = {}): Promise<Created> {
  const created = await create({ recording: true, scorer: 'energy', ...body });
  const caller = await Caller.greeted(created);
  caller.sendFrames(0, FRAMES, sampleOf);
  await caller.next('echo');
  caller.send({ type: 'bye' });
  await caller.closed;
  return created;
}

/** The object's alarm, as often as it takes until the recording stands there. */
async function until(
  conversation: string,
  phase: RecordingReport['phase'],
): Promise<RecordingReport> {
  for (let alarm = 0; alarm < 40; alarm++) {
    const report = await objectOf(conversation).recording();
    if (report?.phase === phase) return report;
    await runDurableObjectAlarm(objectOf(conversation));
  }
  throw new Error(
    `It never was ${phase}: ${JSON.stringify(await objectOf(conversation).recording())}`,
  );
}

async function tokenOf(conversation: string, scope: string): Promise<string> {
  const path = `/v1/conversations/${conversation}/tokens`;
  const response = await askAsOperator('POST', path, { scope });
  expect(response.status).toBe(201);
  return (await response.json<{ token: string }>()).token;
}

/** Asks for a file with a `recording` token. */
async function download(
  conversation: string,
  file: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Response> {
  const Authorization = `Bearer ${await tokenOf(conversation, 'recording')}`;
  const path = `/v1/conversations/${conversation}/recording/${file}`;
  return ask(method, path, { headers: { Authorization, ...headers } });
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

describe('a recorded conversation', () => {
  it('[R1] [R11] is ending, then assembled: what the caller said is there bit for bit', async () => {
    const { conversation } = await call();
    expect((await objectOf(conversation).recording())?.phase).toBe('ending');
    const report = await until(conversation, 'assembled');
    expect(report).toMatchObject({
      made: [{ name: 'caller.wav' }, { name: 'agent.wav' }, { name: 'timeline.jsonl' }],
    });
    const response = await download(conversation, 'caller.wav');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('audio/wav');
    const wav = await bytesOf(response);
    expect(wav.length).toBe(Number(response.headers.get('Content-Length')));
    const expected = Int16Array.from({ length: FRAMES * FRAME_SAMPLES }, (_, index) =>
      sampleOf(Math.floor(index / FRAME_SAMPLES)),
    );
    expect(new Int16Array(wav.slice(44).buffer)).toEqual(expected);
    const timeline = new TextDecoder().decode(
      await bytesOf(await download(conversation, 'timeline.jsonl')),
    );
    expect(JSON.parse(timeline.trim().split('\n').at(-1)!)).toMatchObject({
      type: 'recording',
      packets: FRAMES,
    });
  });

  it('[R6] has what the agent said, bit for bit, where the caller has told to have heard it', async () => {
    const agent = { name: 'storyteller', speed: 4 };
    const created = await create({ recording: true, scorer: 'energy', agent });
    const caller = await Caller.greeted(created);
    const utterance = await caller.next('utterance');
    // Its microphone is on while it listens, and each echo says that time goes on.
    for (let frame = 0; frame < FRAMES || caller.heard.length < 6400; frame += 10) {
      caller.sendFrames(frame, 10, () => 0);
      await caller.next('echo');
    }
    for (const [playedSamples, uplinkTimestamp] of [
      [1600, 8000],
      [4800, 11_200],
    ] as const) {
      caller.send({
        type: 'report',
        generation: utterance.generation,
        playedSamples,
        uplinkTimestamp,
        outputLatencyMs: 0,
        bufferedMs: 100,
        stretchMs: 0,
        concealedMs: 0,
        underruns: 0,
        lagMs: 0,
        lagCause: null,
        roundTripMs: null,
      });
    }
    caller.send({ type: 'bye' });
    await caller.closed;
    const { conversation } = created;
    await until(conversation, 'assembled');
    const wav = await bytesOf(await download(conversation, 'agent.wav'));
    const track = new Int16Array(wav.slice(44).buffer);
    expect(track.subarray(0, 6400).every((sample) => sample === 0)).toBe(true);
    expect([...track.subarray(6400, 11_200)]).toEqual(caller.heard.slice(0, 4800));
    expect(track.subarray(6400, 11_200).some((sample) => sample !== 0)).toBe(true);
  });

  it('[R11] gives the same when the memory is lost between any two slices', async () => {
    const { conversation } = await call({
      recording: { files: ['caller.wav', 'conversation.flac'] },
    });
    const object = objectOf(conversation);
    for (let alarm = 0; alarm < 12; alarm++) {
      await runDurableObjectAlarm(object);
      await evictDurableObject(object);
    }
    const report = await until(conversation, 'assembled');
    if (report.phase !== 'assembled') throw new Error('It is not assembled.');
    expect(report.made.map(({ name }) => name)).toEqual([
      'caller.wav',
      'conversation.flac',
      'timeline.jsonl',
    ]);
    const wav = await bytesOf(await download(conversation, 'caller.wav'));
    expect(new Int16Array(wav.slice(44).buffer)[FRAME_SAMPLES * 5]).toBe(sampleOf(5));
    // Journal and speech are needed no more.
    await runInDurableObject(object, (_instance, { storage }) => {
      expect([...storage.kv.list({ prefix: 'journal/' })]).toEqual([]);
      expect([...storage.kv.list({ prefix: 'recording-' })]).toEqual([]);
    });
  });

  it('[R14] is deleted when its days are over', async () => {
    const { conversation } = await call({ recording: { retentionDays: 1 } });
    const report = await until(conversation, 'assembled');
    if (report.phase !== 'assembled') throw new Error('It is not assembled.');
    expect(report.deleteAtMs - report.assembledAtMs).toBe(86_400_000);
    vi.spyOn(Date, 'now').mockReturnValue(report.deleteAtMs - 1000);
    await runDurableObjectAlarm(objectOf(conversation));
    expect((await objectOf(conversation).recording())?.phase).toBe('assembled');
    vi.mocked(Date.now).mockReturnValue(report.deleteAtMs);
    await runDurableObjectAlarm(objectOf(conversation));
    const prefix = `recordings/${conversation}/`;
    expect((await env.RECORDINGS.list({ prefix })).objects).toEqual([]);
    // No token opens it any more, and so it is forgotten as well.
    expect(await objectOf(conversation).recording()).toBeNull();
    vi.mocked(Date.now).mockRestore();
    expect((await download(conversation, 'caller.wav')).status).toBe(404);
  });

  it('[R18] tells its webhook of the end and of the files, once each', async () => {
    const sent: { type: string; recording?: string; files?: { name: string }[] }[] = [];
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
      sent.push(JSON.parse(String(init?.body)));
      return new Response(null, { status: 204 });
    });
    const response = await ask('POST', '/v1/conversations', {
      body: { recording: true, scorer: 'energy', webhook: { url: 'https://hooks.example/' } },
      headers: { Authorization: `Bearer ${API_KEY}` },
      variables: { ...SECURED, ISOCHRON_WEBHOOK_SECRET: 'a secret' },
    });
    const created = await response.json<Created>();
    const caller = await Caller.greeted(created);
    caller.sendFrames(0, 10);
    await caller.next('echo');
    caller.send({ type: 'bye' });
    await caller.closed;
    await until(created.conversation, 'assembled');
    for (let alarm = 0; alarm < 5; alarm++) {
      await runDurableObjectAlarm(objectOf(created.conversation));
      await evictDurableObject(objectOf(created.conversation));
    }
    expect(sent.map(({ type }) => type)).toEqual(['conversation.ended', 'recording.assembled']);
    expect(sent[0]).toMatchObject({ recording: 'ending', agent: 'parrot', subject: null });
    expect(sent[1]?.files?.map(({ name }) => name)).toContain('caller.wav');
  });

  it('[R16] is not asked for by default, and says so', async () => {
    const created = await create({ scorer: 'energy' });
    const caller = await Caller.greeted(created);
    caller.send({ type: 'bye' });
    await caller.closed;
    const path = `/v1/conversations/${created.conversation}/recording`;
    const report = await (await askAsOperator('GET', path)).json<RecordingReport>();
    expect(report).toMatchObject({ phase: 'off' });
    expect((await askAsOperator('GET', `${path}/caller.wav`)).status).toBe(404);
  });
});

describe('a download', () => {
  let conversation = '';
  let whole: Uint8Array = new Uint8Array();
  beforeEach(async () => {
    if (conversation !== '') return;
    ({ conversation } = await call());
    await until(conversation, 'assembled');
    whole = await bytesOf(await download(conversation, 'caller.wav'));
  });

  it('[R17] gives the range that is asked for', async () => {
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      ['bytes=44-1043', 44, 1044],
      ['bytes=1000-', 1000, whole.length],
      ['bytes=-100', whole.length - 100, whole.length],
      ['bytes=10-99999999', 10, whole.length],
    ] as const) {
      const response = await download(conversation, 'caller.wav', { Range: range });
      expect(response.status, range).toBe(206);
      expect(response.headers.get('Content-Range')).toBe(`bytes ${from}-${to - 1}/${whole.length}`);
      expect(response.headers.get('Content-Length')).toBe(String(to - from));
      expect(await bytesOf(response)).toEqual(whole.slice(from, to));
    }
  });

  it('[R17] gives the whole for several ranges, and 416 for one beyond the end', async () => {
    const several = await download(conversation, 'caller.wav', { Range: 'bytes=0-1,5-6' });
    expect(several.status).toBe(200);
    expect((await bytesOf(several)).length).toBe(whole.length);
    const beyond = await download(conversation, 'caller.wav', { Range: `bytes=${whole.length}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('Content-Range')).toBe(`bytes */${whole.length}`);
    expect((await errorOf(beyond)).code).toBe('range-not-satisfiable');
  });

  it('[R17] heeds If-Range and If-None-Match, and answers HEAD', async () => {
    const head = await download(conversation, 'caller.wav', {}, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.headers.get('Content-Length')).toBe(String(whole.length));
    expect((await bytesOf(head)).length).toBe(0);
    const etag = head.headers.get('ETag')!;
    const range = { Range: 'bytes=0-9' };
    const same = await download(conversation, 'caller.wav', { ...range, 'If-Range': etag });
    expect(same.status).toBe(206);
    await same.arrayBuffer();
    const other = await download(conversation, 'caller.wav', { ...range, 'If-Range': '"x"' });
    expect(other.status).toBe(200);
    await other.arrayBuffer();
    const known = await download(conversation, 'caller.wav', { 'If-None-Match': etag });
    expect(known.status).toBe(304);
  });

  it('[R17] needs an API key or a token for this recording', async () => {
    const path = `/v1/conversations/${conversation}/recording/caller.wav`;
    expect((await ask('GET', path)).status).toBe(401);
    const observe = await tokenOf(conversation, 'observe');
    const refused = await ask('GET', path, { headers: { Authorization: `Bearer ${observe}` } });
    expect(refused.status).toBe(403);
    const elsewhere = await create();
    const foreign = await tokenOf(elsewhere.conversation, 'recording');
    const other = await ask('GET', path, { headers: { Authorization: `Bearer ${foreign}` } });
    expect(other.status).toBe(403);
    const asOperator = await askAsOperator('GET', path);
    expect(asOperator.status).toBe(200);
    await asOperator.arrayBuffer();
  });

  it('[R20] a token for it opens no socket, and only the operator can make one', async () => {
    const token = await tokenOf(conversation, 'recording');
    const caller = await Caller.connect({ conversation, token });
    expect((await caller.closed).code).toBe(4403);
    const path = `/v1/conversations/${conversation}/tokens`;
    expect((await ask('POST', path, { body: { scope: 'recording' } })).status).toBe(401);
    expect((await askAsOperator('POST', path, { scope: 'talk' })).status).toBe(400);
  });
});

describe('DELETE', () => {
  it('[R15] removes everything, and tells what was there and what is left', async () => {
    const created = await call({ recording: { files: ['caller.wav', 'mix.wav'] } });
    const { conversation } = created;
    await until(conversation, 'assembled');
    const path = `/v1/conversations/${conversation}`;
    const answer = await (await askAsOperator('DELETE', path)).json();
    expect(answer).toMatchObject({
      conversation,
      removed: {
        objects: [
          { key: `recordings/${conversation}/caller.wav`, bytes: 44 + 2 * FRAMES * FRAME_SAMPLES },
          { key: `recordings/${conversation}/mix.wav` },
          { key: `recordings/${conversation}/timeline.jsonl` },
        ],
      },
      remaining: { objects: [], storedValues: 1, storedRows: 0 },
    });
    expect((await env.RECORDINGS.list({ prefix: `recordings/${conversation}/` })).objects).toEqual(
      [],
    );
    expect((await askAsOperator('GET', path)).status).toBe(404);
    const again = await (await askAsOperator('DELETE', path)).json();
    expect(again).toMatchObject({ removed: { objects: [] }, remaining: { objects: [] } });
    const caller = await Caller.connect(created);
    expect((await caller.closed).code).toBe(4410);
  });

  it('[R15] ends a call that goes on, and a recording that is being made', async () => {
    const created = await create({ recording: true, scorer: 'energy' });
    const caller = await Caller.greeted(created);
    caller.sendFrames(0, 20);
    await caller.next('echo');
    const path = `/v1/conversations/${created.conversation}`;
    expect((await askAsOperator('DELETE', path)).status).toBe(200);
    expect((await caller.closed).code).toBe(4410);
    await runDurableObjectAlarm(objectOf(created.conversation));
    expect(
      (await env.RECORDINGS.list({ prefix: 'recordings/' })).objects.filter(({ key }) =>
        key.includes(created.conversation),
      ),
    ).toEqual([]);
    const ended = await call();
    await runDurableObjectAlarm(objectOf(ended.conversation));
    expect((await askAsOperator('DELETE', `/v1/conversations/${ended.conversation}`)).status).toBe(
      200,
    );
    await evictDurableObject(objectOf(ended.conversation));
    expect((await Caller.connect(ended).then((each) => each.closed)).code).toBe(4410);
  });

  it('[R15] tries again when the bucket fails, and counts as done meanwhile', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const created = await call();
    const { conversation } = created;
    await until(conversation, 'assembled');
    const list = vi.spyOn(Object.getPrototypeOf(env.RECORDINGS), 'list');
    list.mockRejectedValueOnce(new Error('internal error (10001)'));
    const path = `/v1/conversations/${conversation}`;
    const response = await askAsOperator('DELETE', path);
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe('unavailable');
    expect(await (await Caller.connect(created)).closed).toMatchObject({ code: 4410 });
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 31_000);
    await runDurableObjectAlarm(objectOf(conversation));
    const prefix = `recordings/${conversation}/`;
    expect((await env.RECORDINGS.list({ prefix })).objects).toEqual([]);
    expect(await (await askAsOperator('DELETE', path)).json()).toMatchObject({
      remaining: { objects: [], storedValues: 1 },
    });
  });

  it('[R15] forgets even that when no token is valid any more', async () => {
    const { conversation } = await call();
    expect((await askAsOperator('DELETE', `/v1/conversations/${conversation}`)).status).toBe(200);
    const object = objectOf(conversation);
    const untilMs = await runInDurableObject(object, (_instance, { storage }) =>
      storage.getAlarm(),
    );
    vi.spyOn(Date, 'now').mockReturnValue(untilMs! + 1);
    await runDurableObjectAlarm(object);
    await runInDurableObject(object, (_instance, { storage }) => {
      expect([...storage.kv.list()]).toEqual([]);
    });
  });

  it('[R15] needs an admin', async () => {
    const { conversation } = await call();
    const path = `/v1/conversations/${conversation}`;
    expect((await ask('DELETE', path)).status).toBe(401);
    const token = await tokenOf(conversation, 'recording');
    const refused = await ask('DELETE', path, { headers: { Authorization: `Bearer ${token}` } });
    expect(refused.status).toBe(403);
    expect(
      (await askAsOperator('DELETE', `/v1/conversations/${(await create()).conversation}`)).status,
    ).toBe(404);
  });
});

describe('without a bucket', () => {
  it('[R16] a conversation works, and recording is said to be off', async () => {
    const response = await ask('POST', '/v1/conversations', {
      body: { recording: true, scorer: 'energy' },
      headers: { Authorization: `Bearer ${API_KEY}` },
      // What is not bound is not in the environment.
      variables: { ...SECURED, RECORDINGS: undefined } as unknown as Variables,
    });
    expect(response.status).toBe(201);
    const created = await response.json<Created & { recording: unknown }>();
    expect(created.recording).toEqual({
      on: false,
      notice: expect.stringContaining('no R2 bucket is bound'),
    });
    const caller = await Caller.greeted(created);
    caller.sendFrames(0, 10);
    await caller.next('echo');
  });
});
