// The engine's connection to its client, over a hibernatable WebSocket.

import * as v from 'valibot';
import type { WireFormats } from '../../core/conversation/ports.ts';
import { ATTACHMENT_MAX_BYTES } from '../../core/wire/limits.ts';
import type { ServerMessage } from '../../core/wire/messages.ts';
import { GuardedSocket } from './guarded-socket.ts';
import type { ClientsEngine, Link } from './link.ts';
import { OPUS_SPEECH, OpusSpeech } from './opus/opus-speech.ts';

const ATTACHMENT = v.object({
  /** Number of the connection; a higher one supersedes it. */
  connection: v.number(),
  /** Told in every `welcome` on this connection. */
  resumeToken: v.nullable(v.string()),
  /** Frame durations of what is Opus; absent before hello and for other codecs. */
  opus: v.optional(OPUS_SPEECH),
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
export class SocketLink implements Link {
  readonly connection: number;
  readonly resumeToken: string | null;
  readonly #socket: WebSocket;
  readonly #guarded: GuardedSocket;
  #opus: OpusSpeech | null;

  private constructor(socket: WebSocket, attachment: Attachment) {
    this.#socket = socket;
    this.#guarded = new GuardedSocket(socket);
    this.connection = attachment.connection;
    this.resumeToken = attachment.resumeToken;
    this.#opus = attachment.opus === undefined ? null : new OpusSpeech(attachment.opus);
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

  /** Opus is this link's business alone: the engine speaks PCM16 with it. */
  agree(formats: WireFormats): WireFormats {
    this.#opus = OpusSpeech.of(formats);
    const { connection, resumeToken } = this;
    const opus = this.#opus?.spoken;
    this.#socket.serializeAttachment({ connection, resumeToken, ...(opus && { opus }) });
    return this.#opus === null ? formats : OpusSpeech.translated(formats);
  }

  sendAudio(packet: Uint8Array): void {
    this.#guarded.send(this.#opus === null ? packet : this.#opus.toClient(packet));
  }

  sendControl(message: ServerMessage): void {
    this.#guarded.send(JSON.stringify(message));
  }

  received(message: string | Uint8Array, engine: ClientsEngine, nowMs: number): void {
    if (typeof message === 'string') engine.receiveText(this.connection, message, nowMs);
    else engine.receiveAudio(this.connection, this.#heard(message), nowMs);
  }

  left(engine: ClientsEngine, nowMs: number): void {
    engine.disconnect(this.connection, nowMs);
  }

  /** The client answers for itself. */
  answer(): void {}

  close(code: number, reason: string): void {
    this.#guarded.close(code, reason);
  }

  answerClose(code: number): void {
    this.#guarded.answerClose(code);
  }

  /** A binary message as the engine takes it; valid until the next call. */
  #heard(packet: Uint8Array): Uint8Array {
    return this.#opus === null ? packet : this.#opus.toEngine(packet);
  }
}
