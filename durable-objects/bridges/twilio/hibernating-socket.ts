// Twilio's socket on the platform: it sleeps with its object, and brings the bridge's state back.

import * as v from 'valibot';
import { GuardedSocket } from '../../runtime/guarded-socket.ts';
import {
  newTwilioState,
  TwilioBridge,
  type TwilioSocket,
  type TwilioState,
} from './twilio-bridge.ts';

const ATTACHMENT = v.object({
  bridge: v.literal('twilio'),
  state: v.custom<TwilioState>((value) => typeof value === 'object' && value !== null),
});

/** The bridge of a socket that was just accepted; the stream proves itself with one of the tickets. */
export function openTwilio(
  socket: WebSocket,
  connection: number,
  tickets: readonly string[],
): TwilioBridge {
  const stream = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const state = newTwilioState(connection, stream, tickets);
  keep(socket, state);
  return new TwilioBridge(state, twilioSocket(socket));
}

/** The bridge of a socket that was accepted before; null when it is none of Twilio's. */
export function twilioOf(socket: WebSocket): TwilioBridge | null {
  const attachment = v.safeParse(ATTACHMENT, socket.deserializeAttachment());
  if (!attachment.success) return null;
  return new TwilioBridge(attachment.output.state, twilioSocket(socket));
}

function twilioSocket(socket: WebSocket): TwilioSocket {
  const guarded = new GuardedSocket(socket);
  return {
    send: (text) => guarded.send(text),
    close: (code, sentence) => guarded.close(code, sentence),
    answerClose: (code) => guarded.answerClose(code),
    keep: (state) => keep(socket, state),
  };
}

function keep(socket: WebSocket, state: TwilioState): void {
  socket.serializeAttachment({ bridge: 'twilio', state });
}
