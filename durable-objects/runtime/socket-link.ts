// The engine's connection to its client, over a hibernatable WebSocket.

import * as v from 'valibot';
import type { ClientLink } from '../../core/conversation/ports.ts';
import { ATTACHMENT_MAX_BYTES } from '../../core/wire/limits.ts';
import type { ServerMessage } from '../../core/wire/messages.ts';
import { closeReason } from './close-reason.ts';
import { isTeardown } from './teardown.ts';

const ATTACHMENT = v.object({
  /** Number of the connection; a higher one supersedes it. */
  connection: v.number(),
  /** Told in every `welcome` on this connection. */
  resumeToken: v.nullable(v.string()),
});

type Attachment = v.InferOutput<typeof ATTACHMENT>;

/** Thrown for an attachment that would not survive hibernation. */
export class AttachmentError extends Error {
  override readonly name = 'AttachmentError';
}

/**
 * Sends until the socket is gone. A socket that its client has left behind is no fault: it is noticed once, and calls
 * after that do nothing. The runtime copies what is sent before `send` returns, so the engine may reuse its bytes.
 */
export class SocketLink implements ClientLink {
  readonly connection: number;
  readonly resumeToken: string | null;
  readonly #socket: WebSocket;
  #isGone = false;

  private constructor(socket: WebSocket, attachment: Attachment) {
    this.#socket = socket;
    this.connection = attachment.connection;
    this.resumeToken = attachment.resumeToken;
  }

  /** A link for a socket that was just accepted; what it must remember over hibernation is attached to it. Throws AttachmentError. */
  static attach(socket: WebSocket, connection: number, resumeToken: string | null): SocketLink {
    const attachment = { connection, resumeToken };
    const bytes = new TextEncoder().encode(JSON.stringify(attachment)).byteLength;
    if (bytes > ATTACHMENT_MAX_BYTES) {
      throw new AttachmentError(
        `Cannot keep the connection: its attachment must have at most ${ATTACHMENT_MAX_BYTES} bytes, received ${bytes}.`,
      );
    }
    socket.serializeAttachment(attachment);
    return new SocketLink(socket, attachment);
  }

  /** The link of a socket that was accepted before; null when it carries no attachment of ours. */
  static of(socket: WebSocket): SocketLink | null {
    const attachment = v.safeParse(ATTACHMENT, socket.deserializeAttachment());
    return attachment.success ? new SocketLink(socket, attachment.output) : null;
  }

  sendAudio(packet: Uint8Array): void {
    this.#send(packet);
  }

  sendControl(message: ServerMessage): void {
    this.#send(JSON.stringify(message));
  }

  close(code: number, reason: string): void {
    if (this.#isGone) return;
    this.#attempt(() => this.#socket.close(code, closeReason(reason)));
    this.#isGone = true;
  }

  /**
   * Finishes a close that the client has begun (RFC 6455 §5.5.1). The runtime does not do this for hibernatable sockets,
   * whatever `web_socket_auto_reply_to_close` says: without it a client waits ten seconds and sees 1006.
   */
  answerClose(code: number): void {
    this.close(isSendable(code) ? code : NORMAL_CLOSURE, '');
  }

  #send(message: string | Uint8Array): void {
    if (this.#isGone) return;
    this.#attempt(() => this.#socket.send(message));
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

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;

/** Codes that a script may put into a close frame (WHATWG WebSockets); 1005 and 1006 stand for frames that never came. */
function isSendable(code: number): boolean {
  return code === NORMAL_CLOSURE || (code >= 3000 && code <= 4999);
}
