// Decides who may do what: loopback, API keys, tokens and origins come together here.

import { isApiKey } from './api-keys.ts';
import { foreignness } from './loopback.ts';
import { isOriginAllowed } from './origins.ts';
import { Refusal } from './refusal.ts';
import type { ServiceSettings } from './settings.ts';
import { type TokenClaims, type TokenScope, verifyToken } from './tokens.ts';

/** Prefix of the subprotocol that carries a token: a browser can set no header on a WebSocket, and URLs get logged. */
const BEARER_SUBPROTOCOL = 'bearer.';

/** Without a secret only this machine is served. Throws Refusal. */
export function admitPeer(request: Request, settings: ServiceSettings): void {
  if (settings.secured) return;
  const reason = foreignness(request);
  if (reason !== null) {
    throw new Refusal(
      'loopback-only',
      `No secret is configured for this service, so ${reason}. Set ISOCHRON_SECRET to serve others.`,
    );
  }
}

/** Admits the holder of an API key; without a secret, everyone on this machine. Throws Refusal. */
export async function admitOperator(request: Request, settings: ServiceSettings): Promise<void> {
  if (!settings.secured) return;
  const credential = bearerOf(request);
  if (credential !== null && (await isApiKey(credential, settings.apiKeys))) return;
  throw unauthorized(
    settings.apiKeys.length === 0
      ? 'No API key is configured for this service. Set ISOCHRON_API_KEYS.'
      : 'This needs an API key: "Authorization: Bearer <key>".',
  );
}

/** Admits the holder of an API key, or of a token of this conversation with one of these scopes. Throws Refusal. */
export async function admitToConversation(
  request: Request,
  settings: ServiceSettings,
  conversation: string,
  scopes: readonly TokenScope[],
  nowMs: number,
): Promise<void> {
  if (!settings.secured) return;
  const credential = bearerOf(request);
  if (credential === null)
    throw unauthorized('This needs an API key or a token of the conversation.');
  if (await isApiKey(credential, settings.apiKeys)) return;
  await admitToken(credential, settings, conversation, scopes, nowMs);
}

/** Admits the opening of a conversation's socket with a token of one of these scopes, and returns what it says. Throws Refusal. */
export async function admitSocket(
  request: Request,
  settings: ServiceSettings,
  conversation: string,
  nowMs: number,
  scopes: readonly TokenScope[] = ['talk'],
): Promise<TokenClaims> {
  // Without a secret the loopback rule has judged the origin already, and pages of other local ports are welcome.
  const origin = request.headers.get('Origin');
  if (settings.secured && !isOriginAllowed(origin, request.url, settings.origins)) {
    throw new Refusal(
      'forbidden',
      `Pages of "${origin}" may not connect. Add the origin to ISOCHRON_ORIGINS.`,
    );
  }
  const token = subprotocols(request).find((each) => each.startsWith(BEARER_SUBPROTOCOL));
  if (token === undefined)
    throw unauthorized('The socket needs a token: the subprotocol "bearer.<token>".');
  return admitToken(token.slice(BEARER_SUBPROTOCOL.length), settings, conversation, scopes, nowMs);
}

/** The subprotocols that a client offers (RFC 6455 §11.3.4). */
export function subprotocols(request: Request): string[] {
  return (request.headers.get('Sec-WebSocket-Protocol') ?? '')
    .split(',')
    .map((each) => each.trim());
}

async function admitToken(
  token: string,
  settings: ServiceSettings,
  conversation: string,
  scopes: readonly TokenScope[],
  nowMs: number,
): Promise<TokenClaims> {
  const verified = await verifyToken(token, settings.signingKey, nowMs);
  if (verified.kind === 'expired') throw unauthorized('The token has expired.');
  if (verified.kind === 'invalid') throw unauthorized('The token is not valid.');
  const { claims } = verified;
  if (claims.conversation !== conversation) {
    throw new Refusal('forbidden', 'The token is for another conversation.');
  }
  if (!scopes.includes(claims.scope)) {
    throw new Refusal('forbidden', `The token's scope "${claims.scope}" does not allow this.`);
  }
  return claims;
}

function bearerOf(request: Request): string | null {
  return /^Bearer (.+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1]?.trim() ?? null;
}

function unauthorized(sentence: string): Refusal {
  return new Refusal('unauthorized', sentence, { 'WWW-Authenticate': 'Bearer' });
}
