// One WebSocket to a conversation, as the session's transport.

import { SUBPROTOCOL } from '../../core/wire/messages.ts';
import type { Transport } from '../session/transport.ts';

/** Hears a socket; nothing comes after `closed`, which comes exactly once. */
export interface SocketListener {
  opened(transport: Transport): void;
  received(data: string | ArrayBuffer): void;
  /** A socket that could not be opened closes with 1006 (RFC 6455 §7.1.5). */
  closed(code: number, reason: string): void;
}

/** Opens at construction. The token travels as a subprotocol, so that no log of URLs has it. */
export class SocketTransport implements Transport {
  readonly #socket: WebSocket;
  #isClosed = false;

  constructor(url: URL, token: string, listener: SocketListener) {
    const socket = new WebSocket(url.href, [SUBPROTOCOL, `bearer.${token}`]);
    let isOpen = false;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      isOpen = true;
      listener.opened(this);
    });
    socket.addEventListener('message', ({ data }) => listener.received(data));
    // Node 22 tells of a socket that could not be opened by an error alone, newer versions by a close as well.
    socket.addEventListener('error', () => isOpen || this.#closed(listener, 1006, ''));
    socket.addEventListener('close', ({ code, reason }) => this.#closed(listener, code, reason));
    this.#socket = socket;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #closed(listener: SocketListener, code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    listener.closed(code, reason);
  }
}
