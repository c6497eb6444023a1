import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../../../worker/settings.ts';
import { signToken, type TokenClaims, verifyToken } from '../../../worker/tokens.ts';

const KEY = new TextEncoder().encode('a secret of at least thirty-two bytes');
const NOW_MS = 1_800_000_000_000;
const CLAIMS: TokenClaims = {
  conversation: 'c1',
  scope: 'talk',
  creation: {
    agent: { name: 'storyteller', speed: 1.3 },
    settings: { leadMs: 40 },
    scorer: 'kernel',
    turnTaking: 'automatic',
    subject: 'user-7',
  },
  locationHint: 'weur',
  resumeIssuedMs: null,
  expiresMs: NOW_MS + 60_000,
};

/** A token of our shape signed in another way. */
function forged(header: { alg: string }, payload: Record<string, unknown>): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(header).sign(KEY);
}

describe('tokens', () => {
  it('[A9] carry everything that a conversation is made from', async () => {
    const token = await signToken(CLAIMS, KEY);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await verifyToken(token, KEY, NOW_MS)).toEqual({ kind: 'valid', claims: CLAIMS });
  });

  it('[A9] are valid until the second in which they expire', async () => {
    const token = await signToken(CLAIMS, KEY);
    expect((await verifyToken(token, KEY, NOW_MS + 59_999)).kind).toBe('valid');
    expect((await verifyToken(token, KEY, NOW_MS + 60_000)).kind).toBe('expired');
  });

  it('[A9] are invalid when they are changed, signed by another key, or none at all', async () => {
    const token = await signToken(CLAIMS, KEY);
    const otherKey = new TextEncoder().encode('another secret of thirty-two bytes, at least');
    const [head, , signature] = token.split('.');
    const swapped = Buffer.from(JSON.stringify({ ...CLAIMS, conversation: 'c2' })).toString(
      'base64url',
    );
    for (const bad of ['', 'x', 'a.b.c', `${head}.${swapped}.${signature}`, token.slice(0, -4)]) {
      expect((await verifyToken(bad, KEY, NOW_MS)).kind, bad).toBe('invalid');
    }
    expect((await verifyToken(token, otherKey, NOW_MS)).kind).toBe('invalid');
  });

  it('[A9] are invalid with another algorithm, issuer or shape, or when they never expire', async () => {
    const { expiresMs: _, ...payload } = CLAIMS;
    const exp = NOW_MS / 1000 + 60;
    const unsigned = [{ alg: 'none' }, { ...payload, iss: 'isochron', exp }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const good = await forged({ alg: 'HS256' }, { ...payload, iss: 'isochron', exp });
    expect((await verifyToken(good, KEY, NOW_MS)).kind).toBe('valid');
    const bad = [
      `${unsigned}.`,
      await forged({ alg: 'HS384' }, { ...payload, iss: 'isochron', exp }),
      await forged({ alg: 'HS256' }, { ...payload, iss: 'someone', exp }),
      await forged({ alg: 'HS256' }, { ...payload, iss: 'isochron' }),
      await forged({ alg: 'HS256' }, { ...payload, scope: 'root', iss: 'isochron', exp }),
      await forged({ alg: 'HS256' }, { iss: 'isochron', exp }),
    ];
    for (const token of bad) expect((await verifyToken(token, KEY, NOW_MS)).kind).toBe('invalid');
  });
});

describe('settings of the service', () => {
  it('[A3] fall back to a key that everyone knows, and say that nothing is secured', () => {
    const settings = readSettings({ ASSETS: {} });
    expect(settings.secured).toBe(false);
    expect(settings.signingKey.byteLength).toBeGreaterThanOrEqual(32);
    expect(settings.development).toBe(false);
  });

  it('[A4] refuse a secret of less than 32 bytes', () => {
    expect(() => readSettings({ ISOCHRON_SECRET: 'x'.repeat(31) })).toThrow(SettingsError);
    expect(() => readSettings({ ISOCHRON_SECRET: 'x'.repeat(31) })).toThrow(
      /at least 32 bytes, received 31/,
    );
    expect(readSettings({ ISOCHRON_SECRET: 'x'.repeat(32) }).secured).toBe(true);
    expect(() => readSettings({ ISOCHRON_SECRET: 7 })).toThrow(SettingsError);
  });

  it('[A5] read lists of API keys and origins, blanks and all', () => {
    const settings = readSettings({
      ISOCHRON_SECRET: 'x'.repeat(32),
      ISOCHRON_API_KEYS: ' one , two,,',
      ISOCHRON_ORIGINS: 'https://app.example',
      ISOCHRON_DEVELOPMENT: '1',
    });
    expect(settings.apiKeys).toEqual(['one', 'two']);
    expect(settings.origins).toEqual(['https://app.example']);
    expect(settings.development).toBe(true);
  });
});
