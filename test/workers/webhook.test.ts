import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Webhook } from '../../durable-objects/recording/webhook.ts';
import { webhookFault } from '../../durable-objects/recording/webhook-target.ts';
import { API_KEY, ask, askAsOperator, errorOf, SECURED } from './service.ts';

const TARGET = { url: 'https://hooks.example/voice', secret: 'a secret of the webhook' };
const START_MS = 1_800_000_000_000;

const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  vi.spyOn(console, 'warn').mockImplementation((line) => void logged.push(String(line)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface Sent {
  readonly url: string;
  readonly body: string;
  readonly signature: string;
  readonly redirect: string | undefined;
}

interface Bench {
  /** A webhook that has lost its memory, and no more. */
  webhook(): Webhook;
  readonly sent: Sent[];
  /** What the receiver answers. */
  answer: () => Response;
  readonly wantedMs: number;
}

function withWebhook(run: (bench: Bench) => Promise<void>): Promise<void> {
  const object = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(object, async (_instance, { storage }) => {
    let wantedMs = Number.POSITIVE_INFINITY;
    const sent: Sent[] = [];
    const bench: Bench = {
      sent,
      answer: () => new Response(null, { status: 204 }),
      webhook: () => {
        const webhook = new Webhook({
          conversation: 'c1',
          kv: storage.kv,
          fetch: async (url, init) => {
            const headers = new Headers(init.headers);
            const signature = headers.get('Isochron-Signature') ?? '';
            sent.push({ url, body: String(init.body), signature, redirect: init.redirect });
            return bench.answer();
          },
          want: (atMs) => {
            wantedMs = atMs;
          },
        });
        webhook.configure(TARGET);
        return webhook;
      },
      get wantedMs() {
        return wantedMs;
      },
    };
    await run(bench);
  });
}

/** Whether the signature is the receiver's own, computed in the way that the documentation tells. */
async function isSigned({ body, signature }: Sent, secret: string): Promise<boolean> {
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)!;
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'verify',
  ]);
  const mac = Uint8Array.from(hex!.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  return crypto.subtle.verify('HMAC', key, mac, encoder.encode(`${seconds}.${body}`));
}

describe('a webhook', () => {
  it('[R18] sends an event once it is told, signed with the time', () =>
    withWebhook(async (bench) => {
      const webhook = bench.webhook();
      webhook.tell('conversation.ended', { agent: 'parrot' }, START_MS);
      expect(bench.wantedMs).toBe(START_MS);
      await webhook.alarm(START_MS);
      const [sent] = bench.sent;
      expect(sent).toMatchObject({ url: TARGET.url, redirect: 'manual' });
      expect(JSON.parse(sent!.body)).toEqual({
        id: 'c1:conversation.ended',
        type: 'conversation.ended',
        conversation: 'c1',
        at: new Date(START_MS).toISOString(),
        agent: 'parrot',
      });
      expect(sent!.signature).toContain(`t=${START_MS / 1000},`);
      expect(await isSigned(sent!, TARGET.secret)).toBe(true);
      expect(await isSigned(sent!, 'another secret')).toBe(false);
      expect(await isSigned({ ...sent!, body: `${sent!.body} ` }, TARGET.secret)).toBe(false);
      expect(bench.wantedMs).toBe(Number.POSITIVE_INFINITY);
      // The same once more, also by one that has lost its memory, is no news.
      bench.webhook().tell('conversation.ended', { agent: 'parrot' }, START_MS);
      expect(bench.wantedMs).toBe(Number.POSITIVE_INFINITY);
    }));

  it('[R18] sends it again until it is taken, ever later, in order and with the same id', () =>
    withWebhook(async (bench) => {
      const answers = [
        () => new Response('no', { status: 500 }),
        () => {
          throw new Error('connection refused');
        },
        () => new Response(null, { status: 302, headers: { Location: 'http://10.0.0.1/' } }),
        () => new Response(null, { status: 204 }),
      ];
      bench.answer = () => answers.shift()?.() ?? new Response(null, { status: 200 });
      bench.webhook().tell('first', {}, START_MS);
      bench.webhook().tell('second', {}, START_MS);
      const waits: number[] = [];
      let nowMs = START_MS;
      while (bench.wantedMs !== Number.POSITIVE_INFINITY) {
        nowMs = Math.max(nowMs, bench.wantedMs);
        waits.push(nowMs - START_MS);
        await bench.webhook().alarm(nowMs);
      }
      expect(waits).toEqual([0, 5000, 15_000, 35_000, 35_000]);
      const ids = bench.sent.map(({ body }) => JSON.parse(body).id);
      expect(ids).toEqual(['c1:first', 'c1:first', 'c1:first', 'c1:first', 'c1:second']);
      for (const sent of bench.sent) expect(await isSigned(sent, TARGET.secret)).toBe(true);
      expect(new Set(bench.sent.map(({ signature }) => signature)).size).toBe(5);
    }));

  it('[R18] is given up after a day, and the log says so', () =>
    withWebhook(async (bench) => {
      bench.answer = () => new Response(null, { status: 404 });
      bench.webhook().tell('ended', {}, START_MS);
      let lastMs = START_MS;
      while (bench.wantedMs !== Number.POSITIVE_INFINITY) {
        lastMs = bench.wantedMs;
        await bench.webhook().alarm(lastMs);
      }
      expect(bench.sent.length).toBe(32);
      expect((lastMs - START_MS) / 3_600_000).toBeGreaterThan(20);
      expect(logged.at(-1)).toContain('"isGivenUp":true');
    }));

  it.each([
    ['https://hooks.example/voice?x=1', null],
    ['https://hooks.example:8443/', null],
    ['http://hooks.example/', 'must begin with https'],
    ['https://user:word@hooks.example/', 'must not carry a name'],
    ['https://localhost/', 'public network'],
    ['https://intranet/', 'public network'],
    ['https://10.0.0.1/', 'public network'],
    ['https://169.254.169.254/latest', 'public network'],
    ['https://0x7f000001/', 'public network'],
    ['https://2130706433/', 'public network'],
    ['https://[::1]/', 'public network'],
    ['https://[fd00::1]/', 'public network'],
    ['ftp://hooks.example/', 'must begin with https'],
    ['no url', 'not a URL'],
  ])('[R19] to %s is judged by its address', (url, sentence) => {
    const fault = webhookFault(url, false);
    if (sentence === null) expect(fault).toBeNull();
    else expect(fault).toContain(sentence);
  });

  it('[R19] may lead to this machine in development only', async () => {
    expect(webhookFault('http://127.0.0.1:9000/hook', true)).toBeNull();
    expect(webhookFault('http://127.0.0.1:9000/hook', false)).not.toBeNull();
    expect(webhookFault('http://10.0.0.1/hook', true)).not.toBeNull();
    const body = { webhook: { url: 'http://127.0.0.1:9000/hook' } };
    const refused = await askAsOperator('POST', '/v1/conversations', body);
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).sentence).toContain('https');
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const unsigned = { body: { webhook: { url: TARGET.url } }, headers };
    const keyless = await ask('POST', '/v1/conversations', unsigned);
    expect((await errorOf(keyless)).sentence).toContain('ISOCHRON_WEBHOOK_SECRET');
    const variables = { ...SECURED, ISOCHRON_WEBHOOK_SECRET: 'a secret' };
    const taken = await ask('POST', '/v1/conversations', { ...unsigned, variables });
    expect(taken.status).toBe(201);
  });
});
