// The links of all sockets of one object, the hibernated ones included.

import type { Conversation } from '../../core/conversation/conversation.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import {
  AGENT_TAG,
  AgentSocket,
  RealtimeSockets,
} from '../bridges/realtime-sfu/hibernating-sockets.ts';
import { RealtimeBridge } from '../bridges/realtime-sfu/realtime-bridge.ts';
import { openTwilio, twilioOf } from '../bridges/twilio/hibernating-socket.ts';
import type { Admission } from '../creation.ts';
import type { ClientsEngine, Link } from './link.ts';
import { SocketLink } from './socket-link.ts';

/** Finds the link of a socket: the one that was made for it, or after hibernation a new one from its attachment. */
export class SocketLinks {
  readonly #ctx: DurableObjectState;
  readonly #known = new WeakMap<WebSocket, Link>();
  readonly #realtime: RealtimeSockets;
  /** The one that speaks. */
  #newest: Link | null = null;

  /** `renewRealtime` is called when the SFU is to dial for the agent's audio once more. */
  constructor(ctx: DurableObjectState, renewRealtime: () => void) {
    this.#ctx = ctx;
    this.#realtime = new RealtimeSockets(ctx, renewRealtime);
  }

  /** Accepts a socket in a way that lets the object sleep while it is open. Throws AttachmentError. */
  accept(socket: WebSocket, connection: number, admission: Admission): Link {
    const { twilio, realtime, resumeToken } = admission;
    if (realtime === 'ingest') return this.#acceptAgent(socket);
    if (realtime === 'egress')
      return this.#take(socket, this.#realtime.openEgress(socket, connection));
    if (twilio !== undefined)
      return this.#take(socket, openTwilio(socket, connection, twilio.tickets));
    return this.#take(socket, SocketLink.attach(socket, connection, resumeToken));
  }

  /** A socket was accepted: the engine has another connection, unless it only carries what the agent says. */
  opened(link: Link, engine: Conversation, nowMs: number): void {
    if (link instanceof AgentSocket) return;
    engine.connect(link.connection, link, nowMs);
    if (link instanceof RealtimeBridge) link.greet(engine, nowMs);
  }

  /** When `answer` is to be called though nothing has happened; Infinity for never. */
  get nextDeadlineMs(): number {
    return this.#newest?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
  }

  /** An event is over: a link that speaks for somebody else says what follows from it. */
  answer(engine: ClientsEngine, nowMs: number): void {
    this.#newest?.answer(engine, nowMs);
  }

  /** The link of a socket, null when it is none of ours. */
  of(socket: WebSocket): Link | null {
    const link = this.#known.get(socket) ?? this.#made(socket);
    if (link !== null) this.#known.set(socket, link);
    return link;
  }

  /** Of the sockets that outlived the memory only the newest speaks; the others are closed as replaced. */
  keepNewest(): Link | null {
    const links = this.#all().sort((one, other) => one.connection - other.connection);
    const newest = links.pop() ?? null;
    this.#newest = newest;
    const { code, sentence } = CLOSE_CODES.replaced;
    for (const link of links) link.close(code, sentence);
    return newest;
  }

  /** Tells every client that the service has failed, so that it comes back. */
  closeFailed(): void {
    const { code, sentence } = CLOSE_CODES.failure;
    for (const link of this.#all()) {
      link.sendControl({ type: 'error', code: 'failure', sentence });
      link.close(code, sentence);
    }
  }

  #made(socket: WebSocket): Link | null {
    return SocketLink.of(socket) ?? twilioOf(socket) ?? this.#realtime.of(socket);
  }

  #acceptAgent(socket: WebSocket): Link {
    const link = this.#realtime.openIngest(socket);
    this.#ctx.acceptWebSocket(socket, [AGENT_TAG]);
    this.#known.set(socket, link);
    return link;
  }

  #take(socket: WebSocket, link: Link): Link {
    this.#ctx.acceptWebSocket(socket);
    this.#known.set(socket, link);
    this.#newest = link;
    return link;
  }

  #all(): Link[] {
    return this.#ctx
      .getWebSockets()
      .map((socket) => this.of(socket))
      .filter((link) => link !== null)
      .filter((link) => !(link instanceof AgentSocket));
  }
}
