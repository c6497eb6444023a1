// Opens a conversation's socket: the caller's own upgrade makes the object, where the caller is.

import { conversationConfig } from '../core/conversation/config.ts';
import { CLOSE_CODES, type CloseName } from '../core/wire/close-codes.ts';
import { SUBPROTOCOL } from '../core/wire/messages.ts';
import { ADMISSION_HEADER, type Admission } from '../durable-objects/creation.ts';
import { refusedSocket } from '../durable-objects/runtime/refused-socket.ts';
import { admitSocket, subprotocols } from './admission.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import { signToken, type TokenClaims } from './tokens.ts';
import type { Visit } from './visit.ts';

/** How a refused socket is closed: a browser's page sees a close code, but never the status of a failed upgrade. */
const CLOSE_NAMES: Partial<Record<RefusalCode, CloseName>> = {
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
};

/** Answers `GET /v1/conversations/:id/socket`. Throws Refusal for what is no WebSocket of this protocol. */
export async function openSocket(visit: Visit): Promise<Response> {
  const { request, settings, nowMs } = visit;
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new Refusal('upgrade-required', 'This is a WebSocket.', { Upgrade: 'websocket' });
  }
  if (!subprotocols(request).includes(SUBPROTOCOL)) {
    throw new Refusal('invalid-request', `The socket must offer the subprotocol "${SUBPROTOCOL}".`);
  }
  try {
    const claims = await admitSocket(request, settings, visit.conversation, nowMs);
    return await handOver(visit, claims);
  } catch (fault) {
    return closedInstead(fault, SUBPROTOCOL);
  }
}

/** The answer to an upgrade that met this fault. Throws what no close code stands for. */
export function closedInstead(fault: unknown, subprotocol: string): Response {
  const name = fault instanceof Refusal ? CLOSE_NAMES[fault.code] : undefined;
  if (name === undefined || !(fault instanceof Refusal)) throw fault;
  return refusedSocket(CLOSE_CODES[name].code, fault.message, subprotocol);
}

/** Passes the upgrade on, with what the token says in place of the token. */
async function handOver(visit: Visit, claims: TokenClaims): Promise<Response> {
  const { request, env, settings, nowMs } = visit;
  const { creation } = claims;
  if (creation === null) throw new Refusal('forbidden', 'The token does not open a socket.');
  // No connection can be resumed after the longest call and the wait for its client: the object enforces the rest.
  const { maximumCallMs, idleTimeoutMs } = conversationConfig(creation.settings);
  const resumeExpiresMs = nowMs + maximumCallMs + idleTimeoutMs;
  const resumeClaims = { ...claims, resumeIssuedMs: nowMs, expiresMs: resumeExpiresMs };
  const admission: Admission = {
    creation,
    resumeToken: settings.secured ? await signToken(resumeClaims, settings.signingKey) : null,
    resumeIssuedMs: claims.resumeIssuedMs,
    tokensExpireMs: Math.max(claims.expiresMs, resumeExpiresMs),
  };
  const headers = new Headers({
    Upgrade: 'websocket',
    [ADMISSION_HEADER]: JSON.stringify(admission),
  });
  const id = env.CONVERSATION.idFromString(visit.conversation);
  const { locationHint } = claims;
  const object = env.CONVERSATION.get(id, locationHint === null ? {} : { locationHint });
  return object.fetch(request.url, { headers });
}
