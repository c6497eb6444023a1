// A connection of a conversation, whatever the wire: a client's own socket, or a bridge to somebody else's.

import type { Conversation } from '../../core/conversation/conversation.ts';
import type { ClientLink } from '../../core/conversation/ports.ts';

/** What a link may do with the engine: what a client may. */
export type ClientsEngine = Pick<Conversation, 'receiveAudio' | 'receiveText' | 'disconnect'>;

/** Every method runs inside an event of the engine that it is given. */
export interface Link extends ClientLink {
  /** Number of the connection; a higher one supersedes it. */
  readonly connection: number;
  /** A message has come over the socket. */
  received(message: string | Uint8Array, engine: ClientsEngine, nowMs: number): void;
  /** The other side has gone. */
  left(engine: ClientsEngine, nowMs: number): void;
  /** An event is over, whoever's it was: what the engine has asked in it is answered. */
  answer(engine: ClientsEngine, nowMs: number): void;
  /** When `answer` is to be called though nothing has happened; absent or Infinity for never. */
  readonly nextDeadlineMs?: number;
  /** Finishes a close that the other side has begun. */
  answerClose(code: number): void;
}
