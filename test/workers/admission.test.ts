import { listDurableObjectIds } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SUBPROTOCOL } from '../../core/wire/messages.ts';
import { isApiKey } from '../../worker/api-keys.ts';
import { signToken, type TokenClaims } from '../../worker/tokens.ts';
import { Caller, upgrade } from './caller.ts';
import { API_KEY, ask, askAsOperator, create, errorOf, ORIGIN, SECURED } from './service.ts';

const UNSECURED = {};
const LOCAL_HEADERS = { 'CF-Connecting-IP': '127.0.0.1' };
const LOCAL_ORIGIN = 'http://127.0.0.1:8787';
const KEY = new TextEncoder().encode(SECURED.ISOCHRON_SECRET);

function claimsFor(conversation: string, changes: Partial<TokenClaims> = {}): TokenClaims {
  return {
    conversation,
    scope: 'talk',
    creation: {
      agent: { name: 'parrot' },
      settings: {},
      scorer: 'energy',
      turnTaking: 'manual',
      subject: null,
    },
    locationHint: null,
    resumeIssuedMs: null,
    expiresMs: Date.now() + 60_000,
    ...changes,
  };
}

function tokenFor(conversation: string, changes: Partial<TokenClaims> = {}): Promise<string> {
  return signToken(claimsFor(conversation, changes), KEY);
}

/** How the service closes a socket that was opened with this token. */
async function refusalOf(conversation: string, protocols: string[], headers = {}) {
  const response = await upgrade(`/v1/conversations/${conversation}/socket`, protocols, headers);
  expect(response.status).toBe(101);
  return new Caller(response).closed;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('without a secret', () => {
  it('[A1] only this machine is served', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const served = await ask('GET', '/healthz', {
      variables: UNSECURED,
      origin: LOCAL_ORIGIN,
      headers: LOCAL_HEADERS,
    });
    expect(served.status).toBe(200);
    const refused = await ask('GET', '/healthz', { variables: UNSECURED, origin: LOCAL_ORIGIN });
    expect(refused.status).toBe(403);
    const { code, sentence } = await errorOf(refused);
    expect(code).toBe('loopback-only');
    expect(sentence).toContain('ISOCHRON_SECRET');
  });

  it('[A3] a conversation needs no API key, and the service says that it is not secured', async () => {
    const local = { variables: UNSECURED, origin: LOCAL_ORIGIN, headers: LOCAL_HEADERS };
    const health = await (await ask('GET', '/healthz', local)).json<Record<string, unknown>>();
    expect(health).toMatchObject({ status: 'ok', secured: false });
    expect(health['notice']).toContain('No secret is configured');
    const created = await ask('POST', '/v1/conversations', local);
    expect(created.status).toBe(201);
    const { conversation } = await created.json<{ conversation: string }>();
    expect((await ask('GET', `/v1/conversations/${conversation}`, local)).status).toBe(404);
  });

  it('[A4] a secret that is too short stops the service with a sentence', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const response = await ask('GET', '/healthz', { variables: { ISOCHRON_SECRET: 'short' } });
    expect(response.status).toBe(500);
    expect((await errorOf(response)).sentence).toMatch(
      /"ISOCHRON_SECRET" must have at least 32 bytes/,
    );
  });
});

describe('creating a conversation', () => {
  it('[A5] needs an API key', async () => {
    const without = await ask('POST', '/v1/conversations');
    expect(without.status).toBe(401);
    expect(without.headers.get('WWW-Authenticate')).toBe('Bearer');
    const wrong = await ask('POST', '/v1/conversations', {
      headers: { Authorization: 'Bearer no' },
    });
    expect(wrong.status).toBe(401);
    expect((await askAsOperator('POST', '/v1/conversations')).status).toBe(201);
    const { ISOCHRON_SECRET } = SECURED;
    const unkeyed = await ask('POST', '/v1/conversations', { variables: { ISOCHRON_SECRET } });
    expect((await errorOf(unkeyed)).sentence).toContain('ISOCHRON_API_KEYS');
  });

  it('[A5] takes a key only as a whole', async () => {
    expect(await isApiKey('two', ['one', 'two'])).toBe(true);
    for (const candidate of ['', 'tw', 'twoo', 'TWO', 'one,two']) {
      expect(await isApiKey(candidate, ['one', 'two']), candidate).toBe(false);
    }
    expect(await isApiKey('', [])).toBe(false);
  });

  it('[A6] mints an id and a token, and touches no object', async () => {
    const before = await listDurableObjectIds(env.CONVERSATION);
    const created = await create({ agent: 'storyteller', subject: 'someone', ttlSeconds: 60 });
    expect(created.subprotocol).toBe(SUBPROTOCOL);
    expect(created.socket).toBe(
      `wss://voice.example/v1/conversations/${created.conversation}/socket`,
    );
    expect(created.socket).not.toContain(created.token);
    const livesMs = Date.parse(created.expiresAt) - Date.now();
    expect(livesMs).toBeGreaterThan(50_000);
    expect(livesMs).toBeLessThanOrEqual(60_000);
    expect(await listDurableObjectIds(env.CONVERSATION)).toHaveLength(before.length);
  });

  it.each([
    ['an unknown agent', { agent: 'ghost' }, /"ghost"/],
    ['an unknown option of an agent', { agent: { name: 'storyteller', pace: 2 } }, /"pace"/],
    ['an unknown setting', { settings: { volume: 11 } }, /"volume"/],
    ['a setting out of range', { settings: { leadMs: 1 } }, /"leadMs".*20 to 1500, received 1/],
    [
      'settings that contradict each other',
      { settings: { enterThreshold: 0.2 } },
      /"leaveThreshold"/,
    ],
    ['a setting that is no number', { settings: { leadMs: '600' } }, /settings\.leadMs/],
    ['an unknown field', { model: 'x' }, /model/],
    ['a token that lives too long', { ttlSeconds: 86_401 }, /ttlSeconds/],
    ['a body that is no object', [], /body/i],
    ['a body that is no JSON', '{', /JSON/],
    ['a jurisdiction that this runtime does not have', { jurisdiction: 'eu' }, /"eu"/],
  ])('[A7] refuses %s with a sentence that names it', async (_name, body, sentence) => {
    const response = await askAsOperator('POST', '/v1/conversations', body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).sentence).toMatch(sentence);
  });

  it('[A8] refuses a body of more than 16,384 bytes, and takes one of as much', async () => {
    const padded = (length: number) => `{${' '.repeat(length - 2)}}`;
    expect((await askAsOperator('POST', '/v1/conversations', padded(16_384))).status).toBe(201);
    expect((await askAsOperator('POST', '/v1/conversations', padded(16_385))).status).toBe(413);
  });
});

describe('opening the socket', () => {
  it('[A9] takes the token of the conversation', async () => {
    const created = await create({ turnTaking: 'manual' });
    const caller = await Caller.greeted(created);
    expect(caller.all('welcome')[0]?.conversation).toBe(created.conversation);
  });

  it('[A9] closes with 4401 without a token, or with one that is invalid or expired', async () => {
    const { conversation } = await create();
    const expired = await tokenFor(conversation, { expiresMs: Date.now() - 1000 });
    for (const protocols of [
      [],
      ['bearer.'],
      ['bearer.x.y.z'],
      [`bearer.${expired}`],
      [`bearer.${API_KEY}`],
    ]) {
      const { code, reason } = await refusalOf(conversation, [SUBPROTOCOL, ...protocols]);
      expect(code).toBe(4401);
      expect(reason).toMatch(/token/);
    }
  });

  it('[A9] closes with 4403 with the token of another conversation, or of another scope', async () => {
    const { conversation } = await create();
    const other = await create();
    const observer = await tokenFor(conversation, { scope: 'observe' });
    const foreign = await refusalOf(conversation, [SUBPROTOCOL, `bearer.${other.token}`]);
    expect(foreign).toEqual({ code: 4403, reason: 'The token is for another conversation.' });
    expect((await refusalOf(conversation, [SUBPROTOCOL, `bearer.${observer}`])).code).toBe(4403);
  });

  it('[A10] echoes the protocol and never the token', async () => {
    const { conversation, token } = await create();
    const path = `/v1/conversations/${conversation}/socket`;
    const response = await upgrade(path, [`bearer.${token}`, SUBPROTOCOL]);
    expect(response.headers.get('Sec-WebSocket-Protocol')).toBe(SUBPROTOCOL);
    expect(response.webSocket).not.toBeNull();
    response.webSocket?.accept();
    const refused = await upgrade(path, [SUBPROTOCOL, 'bearer.wrong']);
    expect(refused.headers.get('Sec-WebSocket-Protocol')).toBe(SUBPROTOCOL);
    refused.webSocket?.accept();
  });

  it('[A10] answers 400 to another protocol and 426 to what is no WebSocket', async () => {
    const { conversation, token } = await create();
    const path = `/v1/conversations/${conversation}/socket`;
    expect((await upgrade(path, [`bearer.${token}`, 'isochron.v2'])).status).toBe(400);
    expect((await askAsOperator('GET', path)).status).toBe(426);
    expect((await askAsOperator('GET', `${path}?token=${token}`)).status).toBe(426);
  });

  it('[A11] closes with 4403 what a page of an unlisted origin opens', async () => {
    const { conversation, token } = await create();
    const protocols = [SUBPROTOCOL, `bearer.${token}`];
    const evil = await refusalOf(conversation, protocols, { Origin: 'https://evil.example' });
    expect(evil.code).toBe(4403);
    expect(evil.reason).toContain('https://evil.example');
    for (const origin of ['https://app.example', ORIGIN]) {
      const path = `/v1/conversations/${conversation}/socket`;
      const caller = new Caller(await upgrade(path, protocols, { Origin: origin }));
      caller.hello();
      await caller.next('welcome');
    }
  });

  it('[A18] takes the resume token when the first one has run out, and then no older one', async () => {
    const { conversation } = await create();
    const first = await Caller.connect({ conversation, token: await tokenFor(conversation) });
    first.hello();
    const { resumeToken } = await first.next('welcome');
    expect(resumeToken).not.toBeNull();
    const second = await Caller.connect({ conversation, token: resumeToken ?? '' });
    second.hello();
    const rotated = (await second.next('welcome')).resumeToken ?? '';
    expect(rotated).not.toBe(resumeToken);
    const third = await Caller.connect({ conversation, token: rotated });
    third.hello();
    await third.next('welcome');
    const stale = await Caller.connect({ conversation, token: resumeToken ?? '' });
    expect((await stale.closed).code).toBe(4401);
  });

  it('[A18] gives no resume token where no secret is configured', async () => {
    const local = { variables: UNSECURED, origin: LOCAL_ORIGIN, headers: LOCAL_HEADERS };
    const created = await ask('POST', '/v1/conversations', local);
    const { conversation, token } = await created.json<{ conversation: string; token: string }>();
    const response = await ask('GET', `/v1/conversations/${conversation}/socket`, {
      ...local,
      headers: {
        ...LOCAL_HEADERS,
        Upgrade: 'websocket',
        'Sec-WebSocket-Protocol': `${SUBPROTOCOL}, bearer.${token}`,
      },
    });
    const caller = new Caller(response);
    caller.hello();
    expect((await caller.next('welcome')).resumeToken).toBeNull();
  });
});

describe('looking after a conversation', () => {
  it('[A12] lets every token of the conversation read it, and only the operator or an admin change it', async () => {
    const { conversation, token } = await create();
    await Caller.greeted({ conversation, token });
    const path = `/v1/conversations/${conversation}`;
    const as = (credential: string) => ({ headers: { Authorization: `Bearer ${credential}` } });
    const observer = as(await tokenFor(conversation, { scope: 'observe' }));
    const admin = as(await tokenFor(conversation, { scope: 'admin' }));
    const stranger = as((await create()).token);
    expect((await ask('GET', path)).status).toBe(401);
    expect((await ask('GET', path, as('wrong'))).status).toBe(401);
    expect((await ask('GET', path, stranger)).status).toBe(403);
    for (const reader of [as(token), observer, admin, as(API_KEY)]) {
      expect((await ask('GET', path, reader)).status).toBe(200);
    }
    const patch = { body: { leadMs: 300 } };
    for (const refused of [as(token), observer, stranger]) {
      expect((await ask('PATCH', `${path}/settings`, { ...patch, ...refused })).status).toBe(403);
      expect((await ask('POST', `${path}/end`, refused)).status).toBe(403);
    }
    expect((await ask('PATCH', `${path}/settings`, { ...patch, ...admin })).status).toBe(200);
    expect((await ask('POST', `${path}/end`, { ...admin, body: { mode: 'now' } })).status).toBe(
      200,
    );
  });

  it('[A13] answers 404 to unknown paths and ids, and 405 to methods that a path does not have', async () => {
    const { conversation } = await create();
    const before = await listDurableObjectIds(env.CONVERSATION);
    for (const path of [
      '/',
      '/v1',
      '/v1/conversations/',
      '/v1/conversations/nonsense',
      `/v1/conversations/${'0'.repeat(64)}`,
    ]) {
      expect((await askAsOperator('GET', path)).status, path).toBe(404);
    }
    expect(await listDurableObjectIds(env.CONVERSATION)).toHaveLength(before.length);
    expect((await askAsOperator('GET', `/v1/conversations/${conversation}`)).status).toBe(404);
    const wrongMethod = await askAsOperator('PUT', '/v1/conversations');
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('Allow')).toBe('GET, POST');
  });

  it('[A14] tells of a fault without anything from inside', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const response = await ask('POST', '/v1/conversations', {
      headers: { Authorization: `Bearer ${API_KEY}` },
      variables: { ...SECURED, CONVERSATION: 'not a namespace' },
    });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: { code: 'failure', sentence: 'The service failed.' },
    });
    expect(logged.mock.lastCall?.[0]).toContain('request-failed');
  });

  it('[A17] burns the isolate in development only', async () => {
    const local = {
      origin: LOCAL_ORIGIN,
      headers: LOCAL_HEADERS,
      body: { burnMs: 5, everyMs: 10, forMs: 20 },
    };
    const development = { ISOCHRON_DEVELOPMENT: '1' };
    const created = await ask('POST', '/v1/conversations', {
      ...local,
      body: {},
      variables: development,
    });
    const { conversation } = await created.json<{ conversation: string }>();
    const burn = `/v1/conversations/${conversation}/burn`;
    const status = async (variables: Record<string, string>) =>
      (await ask('POST', burn, { ...local, variables })).status;
    expect(await status(UNSECURED)).toBe(404);
    expect(await status({ ...SECURED, ...development })).toBe(404);
    const beforeMs = Date.now();
    expect(await status(development)).toBe(202);
    expect(Date.now() - beforeMs).toBeGreaterThanOrEqual(5);
  });
});
