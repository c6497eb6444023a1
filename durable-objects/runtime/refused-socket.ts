// A WebSocket that is opened only to say why it is closed.

import { SUBPROTOCOL } from '../../core/wire/messages.ts';
import { closeReason } from './close-reason.ts';

/**
 * The answer to an upgrade that is refused: the handshake succeeds and the socket closes at once with the code and the
 * reason, because a browser's page is told nothing of a handshake that fails (WHATWG WebSockets, "fail the connection").
 */
export function refusedSocket(
  code: number,
  reason: string,
  subprotocol: string = SUBPROTOCOL,
): Response {
  const pair = new WebSocketPair();
  pair[1].accept();
  pair[1].close(code, closeReason(reason));
  return new Response(null, {
    status: 101,
    headers: { 'Sec-WebSocket-Protocol': subprotocol },
    webSocket: pair[0],
  });
}
