// The caller's control messages, which wait while there is no connection.

import type { ClientMessage } from '../../core/wire/messages.ts';
import type { Transport } from './transport.ts';

/** Messages kept; beyond that the oldest are dropped, for what a caller wanted last is what counts. */
const KEPT_MESSAGES = 64;

/** Sends what the caller does; while there is no connection it is kept, in order. */
export class Outbox {
  readonly #messages: ClientMessage[] = [];
  #transport: Transport | null = null;
  #dropped = 0;

  /** Messages dropped since construction. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends what was kept, and over this connection from now on. */
  connect(transport: Transport): void {
    this.#transport = transport;
    for (const message of this.#messages) transport.send(JSON.stringify(message));
    this.#messages.length = 0;
  }

  disconnect(): void {
    this.#transport = null;
  }

  send(message: ClientMessage): void {
    if (this.#transport !== null) {
      this.#transport.send(JSON.stringify(message));
      return;
    }
    if (this.#messages.length === KEPT_MESSAGES) {
      this.#messages.shift();
      this.#dropped++;
    }
    this.#messages.push(message);
  }
}
