// The client's end of a conversation: who is connected, since when, and the messages that wait for the end of an event.

import { CLOSE_CODES, type CloseName } from '../wire/close-codes.ts';
import {
  CONTROL_MESSAGES_BURST,
  CONTROL_MESSAGES_PER_SECOND,
  RESEND_BURST_BYTES,
  RESEND_BYTES_PER_SECOND,
} from '../wire/limits.ts';
import type { ServerMessage } from '../wire/messages.ts';
import { TokenBucket } from '../wire/token-bucket.ts';
import type { ClientLink } from './ports.ts';

/** A socket that belongs to the conversation, with what it may send in a given time. */
export class Connection {
  /** A higher number supersedes a lower one. */
  readonly number: number;
  readonly link: ClientLink;
  readonly openedAtMs: number;
  readonly audioBudget: TokenBucket;
  readonly controlBudget: TokenBucket;

  constructor(number: number, link: ClientLink, nowMs: number) {
    this.number = number;
    this.link = link;
    this.openedAtMs = nowMs;
    this.audioBudget = new TokenBucket(RESEND_BYTES_PER_SECOND, RESEND_BURST_BYTES, nowMs);
    this.controlBudget = new TokenBucket(
      CONTROL_MESSAGES_PER_SECOND,
      CONTROL_MESSAGES_BURST,
      nowMs,
    );
  }

  close(name: CloseName): void {
    const { code, sentence } = CLOSE_CODES[name];
    this.link.close(code, sentence);
  }
}

type Presence =
  | { readonly kind: 'nobody'; readonly sinceMs: number }
  /** A connection that has not said hello yet. */
  | { readonly kind: 'greeting'; readonly connection: Connection }
  /** One that was welcomed again and is to answer with hello; until then nothing else of it counts. */
  | { readonly kind: 'asked'; readonly connection: Connection }
  | { readonly kind: 'here'; readonly connection: Connection };

/** State of the client's end; a connection itself cannot be kept, only that there was one. */
export interface ClientSideSnapshot {
  readonly kind?: Presence['kind'] | undefined;
  readonly sinceMs?: number | undefined;
  readonly awaySinceMs?: number | null | undefined;
}

/** At most one connection at a time. */
export class ClientSide {
  readonly #outbox: ServerMessage[] = [];
  readonly #told: (message: ServerMessage) => void;
  #presence: Presence = { kind: 'nobody', sinceMs: 0 };
  /** When a client was last here, or said hello; null when none ever was. */
  #awaySinceMs: number | null = null;
  /** The client has said hello, and its welcome has not left. */
  #owesWelcome = false;

  /** `told` hears every message, in its order, whether or not anybody is there. */
  constructor(told: (message: ServerMessage) => void) {
    this.#told = told;
  }

  /** The client has said hello and is connected. */
  get here(): boolean {
    return this.#presence.kind === 'here';
  }

  /** Since when nobody is connected, null while somebody is. */
  get absentSinceMs(): number | null {
    return this.#presence.kind === 'nobody' ? this.#presence.sinceMs : null;
  }

  /** Since when a hello is owed, Infinity when none is. */
  get helloOwedSinceMs(): number {
    const { kind } = this.#presence;
    if (kind === 'nobody' || kind === 'here') return Number.POSITIVE_INFINITY;
    return this.#presence.connection.openedAtMs;
  }

  /** The client has been told to say hello again, and has not yet. */
  get asked(): boolean {
    return this.#presence.kind === 'asked';
  }

  /** The connection was welcomed. */
  get welcomed(): boolean {
    return this.#presence.kind === 'here' || this.#presence.kind === 'asked';
  }

  /** The connection, greeted or not. */
  get connection(): Connection | null {
    return this.#presence.kind === 'nobody' ? null : this.#presence.connection;
  }

  /** The connection with this number, null when it was superseded or is gone. */
  find(number: number): Connection | null {
    return this.connection?.number === number ? this.connection : null;
  }

  /** A new connection; the one before is gone or was closed. */
  accept(connection: Connection): void {
    this.#presence = { kind: 'greeting', connection };
  }

  /** A connection that was welcomed is to say hello again, within the time for it from now on. */
  askAgain(nowMs: number): void {
    if (this.#presence.kind !== 'here' && this.#presence.kind !== 'asked') return;
    const { number, link } = this.#presence.connection;
    this.#presence = { kind: 'asked', connection: new Connection(number, link, nowMs) };
  }

  /** The connection has said hello. Returns how long no client was here; null when none ever was. */
  greet(nowMs: number): number | null {
    const { kind } = this.#presence;
    if (kind === 'nobody') return null;
    this.#presence = { kind: 'here', connection: this.#presence.connection };
    if (kind === 'greeting') this.#owesWelcome = true;
    // One that was asked again has not been away.
    const sinceMs = kind === 'asked' ? nowMs : this.#awaySinceMs;
    const awayMs = sinceMs === null ? null : nowMs - sinceMs;
    this.#awaySinceMs = nowMs;
    return awayMs;
  }

  leave(nowMs: number): void {
    if (this.welcomed) this.#awaySinceMs = nowMs;
    this.#presence = { kind: 'nobody', sinceMs: nowMs };
    this.#outbox.length = 0;
    this.#owesWelcome = false;
  }

  /** Keeps a message until `flush`; a welcome goes ahead of all that waits. */
  post(message: ServerMessage): void {
    this.#told(message);
    if (message.type === 'welcome') this.#outbox.unshift(message);
    else this.#outbox.push(message);
  }

  /** A client that has said hello waits for its welcome. */
  get owesWelcome(): boolean {
    return this.#owesWelcome;
  }

  /** Messages wait. */
  get waiting(): boolean {
    return this.#outbox.length > 0;
  }

  /** Sends what waits; without a client it is dropped, since state and not history is what a returning client is told. */
  flush(): void {
    this.#owesWelcome = false;
    if (!this.waiting) return;
    for (const message of this.#outbox) this.#send(message);
    this.#outbox.length = 0;
  }

  /** Sends at once, ahead of what waits; but nothing goes ahead of a welcome. */
  sendControl(message: ServerMessage): void {
    if (this.#owesWelcome) {
      this.post(message);
      return;
    }
    this.#told(message);
    this.#send(message);
  }

  sendAudio(packet: Uint8Array): void {
    if (this.#presence.kind === 'here') this.#presence.connection.link.sendAudio(packet);
  }

  snapshot(): ClientSideSnapshot {
    const { kind } = this.#presence;
    return {
      kind,
      awaySinceMs: this.#awaySinceMs,
      sinceMs: kind === 'nobody' ? this.#presence.sinceMs : this.#presence.connection.openedAtMs,
    };
  }

  /** `link` is the connection that was there, null when it is gone since `nowMs`. */
  restore(
    snapshot: ClientSideSnapshot,
    number: number,
    link: ClientLink | null,
    nowMs: number,
  ): void {
    const { kind = 'nobody', sinceMs = 0, awaySinceMs = null } = snapshot;
    const wasHere = kind === 'here' || kind === 'asked';
    this.#awaySinceMs = wasHere && link === null ? nowMs : awaySinceMs;
    if (link === null) {
      this.#presence = { kind: 'nobody', sinceMs: kind === 'nobody' ? sinceMs : nowMs };
    } else if (kind === 'nobody') {
      // It came after the snapshot, and has not said hello: that would have been stored.
      this.#presence = { kind: 'greeting', connection: new Connection(number, link, nowMs) };
    } else this.#presence = { kind, connection: new Connection(number, link, sinceMs) };
  }

  #send(message: ServerMessage): void {
    if (this.welcomed) this.connection?.link.sendControl(message);
  }
}
