// Lets somebody look on while a conversation goes on: the socket of an observer.

import { OBSERVE_SUBPROTOCOL } from '../core/observation/observed-line.ts';
import { admitSocket, subprotocols } from './admission.ts';
import { Refusal } from './refusal.ts';
import { closedInstead } from './socket.ts';
import { objectOf, type Visit } from './visit.ts';

/** Whoever may read a conversation's state may see it move. */
const SCOPES = ['talk', 'observe', 'admin'] as const;

/** Answers `GET /v1/conversations/:id/observe`. Throws Refusal for what is no WebSocket of an observer. */
export async function observeConversation(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new Refusal('upgrade-required', 'This is a WebSocket.', { Upgrade: 'websocket' });
  }
  if (!subprotocols(request).includes(OBSERVE_SUBPROTOCOL)) {
    throw new Refusal(
      'invalid-request',
      `The socket must offer the subprotocol "${OBSERVE_SUBPROTOCOL}".`,
    );
  }
  try {
    if (settings.secured) await admitSocket(request, settings, conversation, nowMs, SCOPES);
  } catch (fault) {
    return closedInstead(fault, OBSERVE_SUBPROTOCOL);
  }
  return objectOf(visit).fetch(request.url, { headers: { Upgrade: 'websocket' } });
}
