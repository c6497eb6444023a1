// Looking on from outside: who may, and what becomes of the sockets; the list of live conversations; what there is to choose from.

import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  OBSERVE_SUBPROTOCOL,
  type ObservedLine,
  parseObservedLine,
} from '../../core/observation/observed-line.ts';
import { LIVE_LIST_NAME } from '../../durable-objects/live-conversations.ts';
import { Caller, upgrade } from './caller.ts';
import {
  ask,
  askAsOperator,
  type Created,
  create,
  errorOf,
  objectOf,
  SECURED,
  type Variables,
} from './service.ts';

const LOCAL_ORIGIN = 'http://127.0.0.1:8787';
const LOCAL_HEADERS = { 'CF-Connecting-IP': '127.0.0.1' };

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Somebody who looks on, and keeps what is shown. */
class Onlooker {
  readonly lines: ObservedLine[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #wake: () => void = () => undefined;

  constructor(response: Response) {
    if (response.webSocket === null) throw new Error(`It was refused: ${response.status}.`);
    this.#socket = response.webSocket;
    this.#socket.addEventListener('message', ({ data }) => {
      for (const text of String(data).split('\n')) {
        const line = parseObservedLine(text);
        if (line !== null) this.lines.push(line);
      }
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.#socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
    this.#socket.accept();
  }

  say(words: string): void {
    this.#socket.send(words);
  }

  async until(matches: (line: ObservedLine) => boolean): Promise<ObservedLine> {
    for (;;) {
      const line = this.lines.find(matches);
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function knock(conversation: string, token: string | null): Promise<Response> {
  const bearer = token === null ? [] : [`bearer.${token}`];
  const path = `/v1/conversations/${conversation}/observe`;
  return upgrade(path, [OBSERVE_SUBPROTOCOL, ...bearer]);
}

async function tokenOf(conversation: string, scope: string): Promise<string> {
  const path = `/v1/conversations/${conversation}/tokens`;
  const response = await askAsOperator('POST', path, { scope });
  return (await response.json<{ token: string }>()).token;
}

/** A call under way. */
async function begun(): Promise<{ created: Created; caller: Caller }> {
  const created = await create({ agent: 'silent', scorer: 'energy' });
  const caller = await Caller.greeted(created);
  return { created, caller };
}

describe('an observer', () => {
  it('[O1] needs a token of that conversation', async () => {
    const { created, caller } = await begun();
    const { conversation, token } = created;
    const other = await create();
    const refused = async (credential: string | null) =>
      (await new Onlooker(await knock(conversation, credential)).closed).code;
    expect(await refused(null)).toBe(4401);
    expect(await refused(`${token}x`)).toBe(4401);
    expect(await refused(other.token)).toBe(4403);
    expect(await refused(await tokenOf(conversation, 'recording'))).toBe(4403);
    for (const scope of ['observe', 'admin']) {
      const answer = await knock(conversation, await tokenOf(conversation, scope));
      expect(answer.headers.get('Sec-WebSocket-Protocol')).toBe(OBSERVE_SUBPROTOCOL);
      const onlooker = new Onlooker(answer);
      caller.sendFrames(0, 2);
      expect(await onlooker.until(({ type }) => type === 'start')).toMatchObject({ conversation });
    }
    caller.send({ type: 'bye' });
    await caller.closed;
  });

  it('[O1] offers its subprotocol in a WebSocket, or is refused', async () => {
    const { conversation, token } = await create();
    const path = `/v1/conversations/${conversation}/observe`;
    expect((await ask('GET', path)).status).toBe(426);
    expect((await upgrade(path, [`bearer.${token}`])).status).toBe(400);
    const early = new Onlooker(await knock(conversation, token));
    expect((await early.closed).code).toBe(4404);
  });

  it('[O7] is never taken for the client, also after an eviction, and cannot speak', async () => {
    const { created, caller } = await begun();
    const onlooker = new Onlooker(await knock(created.conversation, created.token));
    caller.sendFrames(0, 5);
    await onlooker.until(({ type }) => type === 'moment');
    await evictDurableObject(objectOf(created.conversation));
    // The next event wakes the object, which asks its client, and nobody else, for what was not stored.
    caller.sendFrames(5, 1);
    await caller.next('welcome');
    caller.hello();
    caller.sendFrames(0, 10);
    await onlooker.until(({ type }) => type === 'restored');
    onlooker.say('let me in');
    expect((await onlooker.closed).code).toBe(4400);
    caller.send({ type: 'bye' });
    await caller.closed;
  });

  it('[O7] of more than five is refused, and [O8] all others see the end', async () => {
    const { created, caller } = await begun();
    const onlookers: Onlooker[] = [];
    for (let each = 0; each < 5; each++)
      onlookers.push(new Onlooker(await knock(created.conversation, created.token)));
    const sixth = new Onlooker(await knock(created.conversation, created.token));
    expect((await sixth.closed).code).toBe(4429);
    caller.sendFrames(0, 2);
    caller.send({ type: 'bye' });
    for (const onlooker of onlookers) {
      expect((await onlooker.closed).code).toBe(4410);
      expect(onlooker.lines.map(({ type }) => type)).toContain('end');
    }
    const late = new Onlooker(await knock(created.conversation, created.token));
    expect((await late.closed).code).toBe(4410);
  });
});

describe('the list of live conversations', () => {
  it('[O9] is for operators', async () => {
    expect((await ask('GET', '/v1/conversations')).status).toBe(401);
    const { token } = await create();
    const headers = { Authorization: `Bearer ${token}` };
    expect((await ask('GET', '/v1/conversations', { headers })).status).toBe(401);
    expect((await askAsOperator('GET', '/v1/conversations?limit=0')).status).toBe(400);
  });

  it('[O9] says that it is off without its binding', async () => {
    const without = { ...SECURED, LIVE_CONVERSATIONS: undefined } as unknown as Variables;
    const headers = { Authorization: 'Bearer another-key' };
    const answer = await ask('GET', '/v1/conversations', { headers, variables: without });
    expect(answer.status).toBe(503);
    expect((await errorOf(answer)).sentence).toContain('LIVE_CONVERSATIONS');
  });

  it('[O10] has a conversation from its first client to its end', async () => {
    const { created, caller } = await begun();
    const list = env.LIVE_CONVERSATIONS.getByName(LIVE_LIST_NAME);
    const listed = async () =>
      (await list.worst(1000)).conversations.some(
        ({ conversation }) => conversation === created.conversation,
      );
    await vi.waitUntil(listed);
    const answer = await askAsOperator('GET', '/v1/conversations?limit=1000');
    const { conversations } = await answer.json<{ conversations: { conversation: string }[] }>();
    expect(conversations.map(({ conversation }) => conversation)).toContain(created.conversation);
    caller.send({ type: 'bye' });
    await caller.closed;
    await vi.waitUntil(async () => !(await listed()));
  });
});

describe('what there is to choose from', () => {
  it('[O11] is told to those who may create conversations', async () => {
    expect((await ask('GET', '/v1/offer')).status).toBe(401);
    const offer = await (await askAsOperator('GET', '/v1/offer')).json<Record<string, unknown>>();
    expect(offer).toMatchObject({ development: false, recording: true });
    expect(offer['agents']).toContain('parrot');
    expect(offer['scorers']).not.toContain('trap');
    const local = { origin: LOCAL_ORIGIN, headers: LOCAL_HEADERS };
    const open = await ask('GET', '/v1/offer', {
      ...local,
      variables: { ISOCHRON_DEVELOPMENT: '1' },
    });
    const { scorers, development } = await open.json<{ scorers: string[]; development: boolean }>();
    expect({ development, scorers }).toEqual({
      development: true,
      scorers: ['kernel', 'energy', 'remote', 'trap'],
    });
  });
});
