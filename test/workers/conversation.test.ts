import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { ConversationState } from '../../core/conversation/conversation-state.ts';
import { KEEP_ALIVE_REQUEST, type Report } from '../../core/wire/messages.ts';
import { ConversationStore } from '../../durable-objects/runtime/conversation-store.ts';
import { Caller, FRAME_SAMPLES } from './caller.ts';
import { ask, askAsOperator, create, errorOf, objectOf, SECURED } from './service.ts';

/** Turns by button, and watchdogs that leave the tests time. */
const PATIENT = { noAudioMs: 60_000, resumeGraceMs: 60_000, preRollMs: 0 };
const MANUAL = { turnTaking: 'manual', settings: PATIENT } as const;

async function stateOf(conversation: string): Promise<ConversationState> {
  return (await askAsOperator('GET', `/v1/conversations/${conversation}`)).json();
}

/** The value of every sample of a frame: tells frames apart. */
const sampleOf = (frame: number): number => 100 + frame;

/** What a parrot says of frames [from, to), as runs of equal samples. */
function echoOf(from: number, to: number): Run[] {
  return Array.from({ length: to - from }, (_, index) => [sampleOf(from + index), FRAME_SAMPLES]);
}

type Run = readonly [value: number, samples: number];

/** What was heard, as runs of equal samples. */
function runsOf(samples: readonly number[]): Run[] {
  const runs: [number, number][] = [];
  for (const sample of samples) {
    const last = runs.at(-1);
    if (last?.[0] === sample) last[1] += 1;
    else runs.push([sample, 1]);
  }
  return runs;
}

function turnEdge(caller: Caller, state: 'started' | 'ended', frame: number): void {
  caller.send({ type: 'turn', state, timestamp: frame * FRAME_SAMPLES });
}

function reportOf(generation: number, playedSamples: number): Report {
  return {
    type: 'report',
    generation,
    playedSamples,
    uplinkTimestamp: null,
    outputLatencyMs: 0,
    bufferedMs: 0,
    stretchMs: 0,
    concealedMs: 0,
    underruns: 0,
    lagMs: 0,
    lagCause: null,
    roundTripMs: null,
  };
}

/** Waits until this many samples were heard; the pacer needs real time for them. */
function hearing(caller: Caller, samples: number): Promise<void> {
  return vi
    .waitUntil(() => caller.heard.length >= samples, { timeout: 10_000, interval: 10 })
    .then(() => undefined);
}

describe('a conversation', () => {
  it('[D1] welcomes each connection with its number', async () => {
    const created = await create(MANUAL);
    const first = await Caller.greeted(created);
    expect(first.all('welcome')[0]).toMatchObject({
      conversation: created.conversation,
      version: 1,
      epoch: 0,
      connection: 1,
      stored: null,
      leadMs: 600,
    });
    first.close(1000, 'done');
    expect((await first.closed).code).toBe(1000);
    const second = await Caller.greeted(created);
    expect(second.all('welcome')[0]?.connection).toBe(2);
  });

  it('[D1] is what its token says, whatever a later token says', async () => {
    const created = await create({
      ...MANUAL,
      agent: 'silent',
      settings: { leadMs: 123 },
      scorer: 'energy',
    });
    const caller = await Caller.greeted(created);
    expect(caller.all('welcome')[0]?.leadMs).toBe(123);
    expect(await stateOf(created.conversation)).toMatchObject({
      id: created.conversation,
      phase: 'active',
      connected: true,
      agent: 'silent',
      scorer: 'energy',
      turnTaking: 'manual',
    });
  });

  it('[D1] scores with the neural kernel unless told otherwise', async () => {
    const created = await create();
    const caller = await Caller.greeted(created);
    caller.sendFrames(0, 50, () => 0);
    await caller.next('echo', ({ sequence }) => sequence === 49);
    const state = await stateOf(created.conversation);
    expect(state.scorer).toBe('kernel');
    expect(state.statistics.windowsScored).toBe(Math.floor((50 * FRAME_SAMPLES) / 512));
    expect(state.statistics.turnsStarted).toBe(0);
  });

  it('[D1] tells the turn, and the parrot says it back sample for sample', async () => {
    const caller = await Caller.greeted(await create(MANUAL));
    caller.sendFrames(0, 5, sampleOf);
    turnEdge(caller, 'started', 8);
    caller.sendFrames(5, 30, sampleOf);
    turnEdge(caller, 'ended', 28);
    await caller.next('turn', ({ state }) => state === 'ended');
    await caller.next('utterance', ({ state }) => state === 'started');
    await hearing(caller, 20 * FRAME_SAMPLES);
    expect(runsOf(caller.heard)).toEqual(echoOf(8, 28));
  });

  it('[D5] closes an old socket as replaced when a new one comes, and drops what it still says', async () => {
    const created = await create(MANUAL);
    const old = await Caller.greeted(created);
    const object = objectOf(created.conversation);
    const [oldSocket] = await runInDurableObject(object, (_instance, ctx) => ctx.getWebSockets());
    const newer = await Caller.greeted(created);
    expect(newer.all('welcome')[0]?.connection).toBe(2);
    expect((await old.closed).code).toBe(4409);
    await runInDurableObject(object, (instance) => {
      // As when it was under way while the old socket was being closed.
      instance.webSocketMessage(oldSocket!, '{"type":"text","text":"too late"}');
    });
    const { statistics } = await stateOf(created.conversation);
    expect(statistics.supersededMessages).toBe(1);
    expect(statistics.connections).toBe(2);
    expect(newer.all('transcript')).toHaveLength(0);
  });

  it('[D18] answers a close with its own code, or with 1000 where a script may not send it', async () => {
    for (const [sent, answered] of [
      [1000, 1000],
      [4000, 4000],
      [1001, 1000],
    ] as const) {
      const caller = await Caller.greeted(await create(MANUAL));
      caller.close(sent, 'leaving');
      expect((await caller.closed).code).toBe(answered);
    }
  });

  it('[D6] answers a ping without waking', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    const before = await stateOf(created.conversation);
    const pong = caller.nextRaw();
    caller.sendRaw(KEEP_ALIVE_REQUEST);
    expect(await pong).toBe('pong');
    const after = await stateOf(created.conversation);
    expect(after.statistics.unknownMessages).toBe(before.statistics.unknownMessages);
    expect(after.statistics.violations).toBe(0);
  });
});

describe('after an eviction', () => {
  it('[D7] a living socket is welcomed in a new epoch, and a turn is told exactly once', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    turnEdge(caller, 'started', 0);
    caller.sendFrames(0, 25, sampleOf);
    await caller.next('turn', ({ state }) => state === 'started');
    await evictDurableObject(objectOf(created.conversation));
    caller.sendRaw('{"type":"anyone-there"}');
    const welcome = await caller.next('welcome');
    expect(welcome).toMatchObject({ epoch: 1, connection: 1 });
    caller.hello();
    const from = welcome.processed ?? 0;
    expect(from).toBeLessThanOrEqual(25);
    caller.sendFrames(from, 40 - from, sampleOf);
    turnEdge(caller, 'ended', 30);
    await caller.next('turn', ({ state }) => state === 'ended');
    await hearing(caller, 30 * FRAME_SAMPLES);
    expect(runsOf(caller.heard)).toEqual(echoOf(0, 30));
    expect(caller.all('turn').filter(({ state }) => state === 'ended')).toHaveLength(1);
    expect(caller.all('utterance').filter(({ state }) => state === 'started')).toHaveLength(1);
    const { statistics } = await stateOf(created.conversation);
    expect(statistics).toMatchObject({ epoch: 1, turnsStarted: 1, turnsEnded: 1, connections: 1 });
  });

  it('[D7] agent speech that was accepted and not heard is still said', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    turnEdge(caller, 'started', 0);
    caller.sendFrames(0, 110, sampleOf);
    turnEdge(caller, 'ended', 100);
    const started = await caller.next('utterance', ({ state }) => state === 'started');
    await hearing(caller, 10 * FRAME_SAMPLES);
    await evictDurableObject(objectOf(created.conversation));
    const heardBefore = caller.heard.length;
    caller.send(reportOf(started.generation, heardBefore));
    await caller.next('welcome');
    caller.hello({
      resume: {
        generation: started.generation,
        playedSamples: heardBefore,
        receivedSamples: heardBefore,
        uplinkTimestamp: null,
        nextSequence: heardBefore / FRAME_SAMPLES,
      },
    });
    await hearing(caller, 100 * FRAME_SAMPLES);
    expect(runsOf(caller.heard)).toEqual(echoOf(0, 100));
  });

  it('[D8] a client whose socket was closed comes back to the same conversation', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    turnEdge(caller, 'started', 0);
    caller.sendFrames(0, 20, sampleOf);
    await caller.next('turn');
    await evictDurableObject(objectOf(created.conversation), { webSockets: 'close' });
    expect((await caller.closed).code).toBe(1006);
    const returned = await Caller.connect(created);
    returned.hello();
    const welcome = await returned.next('welcome');
    expect(welcome).toMatchObject({ epoch: 1, connection: 2 });
    const from = welcome.processed ?? 0;
    returned.sendFrames(from, 40 - from, sampleOf);
    turnEdge(returned, 'ended', 30);
    await returned.next('turn', ({ state }) => state === 'ended');
    await hearing(returned, 30 * FRAME_SAMPLES);
    expect(runsOf(returned.heard)).toEqual(echoOf(0, 30));
  });

  it('[D8] settings that were changed in mid-call hold', async () => {
    const created = await create(MANUAL);
    await Caller.greeted(created);
    const path = `/v1/conversations/${created.conversation}/settings`;
    expect((await askAsOperator('PATCH', path, { leadMs: 250 })).status).toBe(200);
    await evictDurableObject(objectOf(created.conversation), { webSockets: 'close' });
    const caller = await Caller.greeted(created);
    expect(caller.all('welcome')[0]?.leadMs).toBe(250);
  });
});

describe('changing and ending a conversation', () => {
  it('[A15] checks new settings against those in force, and answers with the state', async () => {
    const { conversation, token } = await create({
      ...MANUAL,
      settings: { ...PATIENT, enterThreshold: 0.7 },
    });
    const path = `/v1/conversations/${conversation}/settings`;
    expect((await askAsOperator('PATCH', path, { leadMs: 300 })).status).toBe(404);
    await Caller.greeted({ conversation, token });
    expect((await askAsOperator('PATCH', path, { leaveThreshold: 0.6 })).status).toBe(200);
    const refused = await askAsOperator('PATCH', path, { enterThreshold: 0.5 });
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).sentence).toMatch(/"leaveThreshold".*received 0\.6/);
    const done = await askAsOperator('PATCH', path, { hangoverMs: 800 });
    expect(await done.json()).toMatchObject({ id: conversation, phase: 'active' });
  });

  it('[A16] ends at once: the client is told and the socket closes', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    const path = `/v1/conversations/${created.conversation}`;
    const response = await askAsOperator('POST', `${path}/end`, { mode: 'now' });
    expect(await response.json()).toMatchObject({ phase: 'ended', connected: false });
    expect(await caller.next('closing')).toMatchObject({ afterLastWord: false });
    expect((await caller.closed).code).toBe(4410);
    const late = await Caller.connect(created);
    expect((await late.closed).code).toBe(4410);
    expect((await stateOf(created.conversation)).phase).toBe('ended');
    expect((await askAsOperator('POST', `${path}/end`, { mode: 'now' })).status).toBe(200);
  });

  it('[A16] ends after the last word was heard', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    turnEdge(caller, 'started', 0);
    caller.sendFrames(0, 20, sampleOf);
    turnEdge(caller, 'ended', 10);
    const { generation } = await caller.next('utterance', ({ state }) => state === 'started');
    const path = `/v1/conversations/${created.conversation}`;
    const response = await askAsOperator('POST', `${path}/end`);
    expect(await response.json()).toMatchObject({ phase: 'draining', agentSpeaking: true });
    expect(await caller.next('closing')).toMatchObject({ afterLastWord: true });
    await hearing(caller, 10 * FRAME_SAMPLES);
    caller.send(reportOf(generation, 10 * FRAME_SAMPLES));
    await caller.next('closing', ({ afterLastWord }) => !afterLastWord);
    expect((await caller.closed).code).toBe(4410);
    expect(caller.all('utterance').at(-1)).toMatchObject({ state: 'ended', reason: 'completed' });
  });

  it('[A16] refuses to end what never began', async () => {
    const { conversation } = await create();
    expect((await askAsOperator('POST', `/v1/conversations/${conversation}/end`)).status).toBe(404);
  });
});

describe('the object', () => {
  it('[D9] leaves its end to its alarm when nobody is there', async () => {
    const beforeMs = Date.now();
    const created = await create({
      ...MANUAL,
      settings: { ...PATIENT, resumeGraceMs: 0, idleTimeoutMs: 30_000 },
    });
    const caller = await Caller.greeted(created);
    caller.close(1000, 'gone');
    await caller.closed;
    const object = objectOf(created.conversation);
    const alarmMs = await vi.waitUntil(
      () => runInDurableObject(object, (_instance, { storage }) => storage.getAlarm()),
      { timeout: 5000 },
    );
    expect(alarmMs).toBeGreaterThanOrEqual(beforeMs + 30_000);
    expect(alarmMs).toBeLessThanOrEqual(Date.now() + 30_000);
  });

  it('[D9] ends when nobody comes back, and is deleted once no token is valid any more', async () => {
    const created = await create({ ...MANUAL, settings: { ...PATIENT, idleTimeoutMs: 1000 } });
    const caller = await Caller.greeted(created);
    caller.close(1000, 'gone');
    const object = objectOf(created.conversation);
    await vi.waitUntil(() => object.state().then((state) => state?.phase === 'ended'), {
      timeout: 5000,
    });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await object.state()).toMatchObject({ phase: 'ended' });
    await runInDurableObject(object, (_instance, { storage }) =>
      storage.kv.put('tokensExpireMs', 1),
    );
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await object.state()).toBeNull();
    const rest = await runInDurableObject(object, async (_instance, { storage }) => [
      [...storage.kv.list()].length,
      await storage.getAlarm(),
    ]);
    expect(rest).toEqual([0, null]);
  });

  it('[D10] refuses an attachment of more than 8,192 bytes', async () => {
    const created = await create(MANUAL);
    await Caller.greeted(created);
    const { SocketLink } = await import('../../durable-objects/runtime/socket-link.ts');
    await runInDurableObject(objectOf(created.conversation), () => {
      const overhead = JSON.stringify({ connection: 1, resumeToken: '' }).length;
      const attach = (bytes: number) =>
        SocketLink.attach(new WebSocketPair()[1], 1, 'x'.repeat(bytes - overhead));
      expect(() => attach(8193)).toThrow(/8192 bytes, received 8193/);
      expect(attach(8192).connection).toBe(1);
    });
  });

  it('[D13] is woken by its alarm in vain without harm, any number of times', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    const object = objectOf(created.conversation);
    for (let times = 0; times < 3; times += 1) {
      await runInDurableObject(object, (instance) => instance.alarm());
    }
    caller.sendFrames(0, 1);
    await caller.next('echo');
    expect(await object.state()).toMatchObject({ phase: 'active', connected: true });
  });

  it('[D14] survives a fault: its client is told, comes back, and another conversation notices nothing', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const bystander = await Caller.greeted(await create(MANUAL));
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    const broken = vi.spyOn(ConversationStore.prototype, 'writeCheckpoint');
    broken.mockImplementation(() => {
      throw new Error('The disk is broken.');
    });
    turnEdge(caller, 'started', 0);
    caller.sendFrames(0, 110, sampleOf);
    turnEdge(caller, 'ended', 100);
    expect((await caller.closed).code).toBe(4500);
    expect(caller.all('error')[0]).toMatchObject({
      code: 'failure',
      sentence: 'The service failed.',
    });
    expect(logged.mock.calls.flat().join()).toContain('conversation-failed');
    logged.mockRestore();
    broken.mockRestore();
    const returned = await Caller.greeted(created);
    expect(returned.all('welcome')[0]).toMatchObject({ epoch: 1, connection: 2 });
    bystander.sendFrames(0, 1);
    await bystander.next('echo');
  });

  it('[G11] gives the storyteller its story out of the static files', async () => {
    const agent = { name: 'storyteller', speed: 4 };
    const caller = await Caller.greeted(await create({ ...MANUAL, agent }));
    await caller.next('utterance', ({ state }) => state === 'started');
    await hearing(caller, 1600);
    expect(caller.all('error')).toEqual([]);
  });

  it('[D15] is reached only with what the Worker has found out', async () => {
    const created = await create(MANUAL);
    const forged = {
      'Isochron-Admission': JSON.stringify({ creation: { agent: { name: 'silent' } } }),
    };
    const caller = new Caller(
      await ask('GET', `/v1/conversations/${created.conversation}/socket`, {
        headers: {
          Upgrade: 'websocket',
          'Sec-WebSocket-Protocol': `isochron.v1, bearer.${created.token}`,
          ...forged,
        },
        variables: SECURED,
      }),
    );
    caller.hello();
    await caller.next('welcome');
    expect((await stateOf(created.conversation)).agent).toBe('parrot');
    expect(env.CONVERSATION.idFromString(created.conversation).toString()).toBe(
      created.conversation,
    );
  });
});
