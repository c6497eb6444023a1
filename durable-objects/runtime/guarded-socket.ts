// A socket on which sending never throws because the other side has left.

import { closeReason } from './close-reason.ts';
import { isTeardown } from './teardown.ts';

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;

/**
 * Sends until the socket is gone. A socket that the other side has left behind is no fault: it is noticed once, and calls
 * after that do nothing. The runtime copies what is sent before `send` returns.
 */
export class GuardedSocket {
  readonly #socket: WebSocket;
  #isGone = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  send(message: string | Uint8Array): void {
    if (this.#isGone) return;
    this.#attempt(() => this.#socket.send(message));
  }

  close(code: number, reason: string): void {
    if (this.#isGone) return;
    this.#attempt(() => this.#socket.close(code, closeReason(reason)));
    this.#isGone = true;
  }

  /**
   * Finishes a close that the other side has begun (RFC 6455 §5.5.1). The runtime does not do this for hibernatable
   * sockets, whatever `web_socket_auto_reply_to_close` says: without it a client waits ten seconds and sees 1006.
   */
  answerClose(code: number): void {
    this.close(isSendable(code) ? code : NORMAL_CLOSURE, '');
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (fault) {
      if (!isTeardown(fault)) throw fault;
      this.#isGone = true;
    }
  }
}

/** Codes that a script may put into a close frame (WHATWG WebSockets); 1005 and 1006 stand for frames that never came. */
function isSendable(code: number): boolean {
  return code === NORMAL_CLOSURE || (code >= 3000 && code <= 4999);
}
