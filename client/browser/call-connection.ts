// A call's connection: one WebSocket after the other, each under the network conditions that were asked for.

import type { Transport } from '../session/transport.ts';
import type { NetworkConditions } from './network-conditions.ts';
import { NetworkLine } from './network-line.ts';

/** RFC 6455 §7.1.5: the connection was lost without a closing handshake. */
export const CLOSED_ABNORMALLY = 1006;

/** A WebSocket, as far as a call needs one. */
export interface CallSocket {
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** Hears a socket; one that could not be opened closes with 1006. */
export interface CallSocketListener {
  opened(): void;
  received(data: string | ArrayBuffer): void;
  closed(code: number, reason: string): void;
}

export type Dial = (token: string, listener: CallSocketListener) => CallSocket;

/** Hears the connection; nothing comes of a socket after its `closed`. */
export interface ConnectionListener {
  opened(transport: Transport, nowMs: number): void;
  received(data: string | ArrayBuffer, nowMs: number): void;
  closed(code: number, reason: string, nowMs: number): void;
}

export interface ConnectionParts {
  readonly dial: Dial;
  readonly now: () => number;
  readonly chance: () => number;
}

/** What comes over the line: a message, or its end. */
type Arrival =
  | { readonly type: 'message'; readonly data: string | ArrayBuffer }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string };

/** At most one socket is listened to at a time. `tick` passes on what the conditions have held back. */
export class CallConnection {
  readonly #parts: ConnectionParts;
  readonly #listener: ConnectionListener;
  readonly #up: NetworkLine<string | Uint8Array>;
  readonly #down: NetworkLine<Arrival>;
  #socket: CallSocket | null = null;
  /** The socket of a connection that was cut: the service does not know yet, as it would not in a tunnel. */
  #cutSocket: CallSocket | null = null;
  #cutUntilMs = Number.NEGATIVE_INFINITY;
  #dialled = 0;

  constructor(parts: ConnectionParts, listener: ConnectionListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#up = new NetworkLine(parts.chance);
    this.#down = new NetworkLine(parts.chance);
  }

  set conditions(conditions: NetworkConditions) {
    this.#up.conditions = conditions;
    this.#down.conditions = conditions;
  }

  get nextDeadlineMs(): number {
    return Math.min(this.#up.nextDeadlineMs, this.#down.nextDeadlineMs);
  }

  /** Opens a socket; what became of an earlier one is not told any more. */
  open(token: string): void {
    this.#let();
    const nowMs = this.#parts.now();
    if (nowMs < this.#cutUntilMs) return this.#listener.closed(CLOSED_ABNORMALLY, '', nowMs);
    const number = ++this.#dialled;
    const isCurrent = () => number === this.#dialled;
    this.#socket = this.#parts.dial(token, {
      opened: () => {
        if (isCurrent()) this.#listener.opened(this.#transport(isCurrent), this.#parts.now());
      },
      received: (data) => {
        if (isCurrent()) this.#arrive({ type: 'message', data });
      },
      closed: (code, reason) => {
        if (isCurrent()) this.#arrive({ type: 'closed', code, reason });
      },
    });
  }

  /** Nothing passes any more, in either direction, and no socket can be opened for so long. */
  cut(forMs: number): void {
    const nowMs = this.#parts.now();
    this.#cutUntilMs = nowMs + forMs;
    if (this.#socket === null) return;
    this.#cutSocket = this.#socket;
    this.#socket = null;
    this.#dialled++;
    this.#up.clear();
    this.#down.clear();
    this.#listener.closed(CLOSED_ABNORMALLY, '', nowMs);
  }

  /** Closes whatever is open and tells nothing any more. */
  end(): void {
    this.#let();
    this.#dialled++;
  }

  tick(nowMs: number): void {
    for (let data = this.#up.take(nowMs); data !== undefined; data = this.#up.take(nowMs))
      this.#socket?.send(data);
    for (let next = this.#down.take(nowMs); next !== undefined; next = this.#down.take(nowMs))
      this.#deliver(next, nowMs);
  }

  #transport(isCurrent: () => boolean): Transport {
    return {
      send: (data) => {
        if (!isCurrent()) return;
        const nowMs = this.#parts.now();
        if (this.#up.isFree(nowMs)) this.#socket?.send(data);
        else this.#up.push(typeof data === 'string' ? data : data.slice(), nowMs);
      },
      close: (code, reason) => {
        if (!isCurrent()) return;
        // What was said before the end is still said.
        this.tick(Number.POSITIVE_INFINITY);
        this.#socket?.close(code, reason);
      },
    };
  }

  #arrive(arrival: Arrival): void {
    const nowMs = this.#parts.now();
    if (this.#down.isFree(nowMs)) this.#deliver(arrival, nowMs);
    else this.#down.push(arrival, nowMs);
  }

  #deliver(arrival: Arrival, nowMs: number): void {
    if (arrival.type === 'message') return this.#listener.received(arrival.data, nowMs);
    this.#let();
    this.#dialled++;
    this.#listener.closed(arrival.code, arrival.reason, nowMs);
  }

  /** Lets go of the sockets that there are. */
  #let(): void {
    this.#socket?.close();
    this.#cutSocket?.close();
    this.#socket = null;
    this.#cutSocket = null;
    this.#up.clear();
    this.#down.clear();
  }
}
