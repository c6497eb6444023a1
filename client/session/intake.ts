// Checks what the server sends before anything acts on it, and counts what is wrong with it.

import { MESSAGE_MAX_BYTES, textFits } from '../../core/wire/limits.ts';
import {
  KEEP_ALIVE_RESPONSE,
  parseServerMessage,
  type ServerMessage,
} from '../../core/wire/messages.ts';
import type { Player } from './player.ts';
import type { SessionListener } from './session-listener.ts';

/** A client does not punish its server: what breaks the protocol is counted, told to the listener and dropped. */
export class Intake {
  readonly #listener: SessionListener;
  #unknownMessages = 0;
  #violations = 0;

  constructor(listener: SessionListener) {
    this.#listener = listener;
  }

  /** Messages of a type that this version does not know. */
  get unknownMessages(): number {
    return this.#unknownMessages;
  }

  /** Messages with which the server broke the protocol. */
  get violations(): number {
    return this.#violations;
  }

  /** Reads a text message; null when there is nothing to act on. */
  read(text: string, nowMs: number): ServerMessage | null {
    if (text === KEEP_ALIVE_RESPONSE) return null;
    if (!textFits(text, MESSAGE_MAX_BYTES)) {
      this.violation('A text message is too large.', nowMs);
      return null;
    }
    const parsed = parseServerMessage(text);
    if (parsed.kind === 'unknown-type') this.#unknownMessages++;
    if (parsed.kind === 'invalid') this.violation(parsed.sentence, nowMs);
    return parsed.kind === 'message' ? parsed.message : null;
  }

  /** Hands a binary message to the player. */
  play(packet: Uint8Array, player: Player, nowMs: number): void {
    if (packet.length > MESSAGE_MAX_BYTES) this.violation('A packet is too large.', nowMs);
    else if (player.receive(packet) === 'invalid')
      this.violation('A packet cannot be read.', nowMs);
  }

  violation(sentence: string, nowMs: number): void {
    this.#violations++;
    this.#listener.violation(sentence, nowMs);
  }
}
