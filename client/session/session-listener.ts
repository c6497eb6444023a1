// What a session tells the program around it.

import type { ServerMessage } from '../../core/wire/messages.ts';

/** Hears a session; every call is made from inside one of the session's own methods. */
export interface SessionListener {
  /** Every valid control message of the server, after the session has acted on it. */
  message(message: ServerMessage, nowMs: number): void;
  /** The server broke the protocol: counted, said, and otherwise ignored. */
  violation(sentence: string, nowMs: number): void;
  /**
   * The resend ring is full and its oldest unacknowledged packets are being overwritten: an outage now would lose audio.
   * Said once, and again after an acknowledgement made room.
   */
  resendRingFull(nowMs: number): void;
}
