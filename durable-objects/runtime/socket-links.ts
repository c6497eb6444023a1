// The links of all sockets of one object, the hibernated ones included.

import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import { SocketLink } from './socket-link.ts';

/** Finds the link of a socket: the one that was made for it, or after hibernation a new one from its attachment. */
export class SocketLinks {
  readonly #ctx: DurableObjectState;
  readonly #known = new WeakMap<WebSocket, SocketLink>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Accepts a socket in a way that lets the object sleep while it is open. Throws AttachmentError. */
  accept(socket: WebSocket, connection: number, resumeToken: string | null): SocketLink {
    const link = SocketLink.attach(socket, connection, resumeToken);
    this.#ctx.acceptWebSocket(socket);
    this.#known.set(socket, link);
    return link;
  }

  /** The link of a socket, null when it is none of ours. */
  of(socket: WebSocket): SocketLink | null {
    const link = this.#known.get(socket) ?? SocketLink.of(socket);
    if (link !== null) this.#known.set(socket, link);
    return link;
  }

  /** Of the sockets that outlived the memory only the newest speaks; the others are closed as replaced. */
  keepNewest(): SocketLink | null {
    const links = this.#all().sort((one, other) => one.connection - other.connection);
    const newest = links.pop() ?? null;
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

  #all(): SocketLink[] {
    return this.#ctx
      .getWebSockets()
      .map((socket) => this.of(socket))
      .filter((link) => link !== null);
  }
}
