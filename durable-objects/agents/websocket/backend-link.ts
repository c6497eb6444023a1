// The connection to a backend: dialled, greeted, watched, and dialled again.

import { unreachable } from '../../../core/unreachable.ts';
import { readMessage } from '../../../core/wire/read-message.ts';
import type { OutgoingSocket } from '../../runtime/outgoing-socket.ts';
import type { AgentServices } from '../agent-services.ts';
import { Redial } from '../vendor/redial.ts';
import {
  AGENT_SUBPROTOCOL,
  BACKEND_AUDIO_MAX_BYTES,
  BACKEND_MESSAGE,
  BACKEND_TEXT_MAX_CHARACTERS,
  type BackendMessage,
  type StartMessage,
} from './backend-message.ts';
import type { WebSocketOptions } from './options.ts';

/** How long a backend may take from the open socket to `ready`. */
const READY_MS = 10_000;

/** Close codes towards a backend; they are those of isochron.v1 where one means the same. */
const NORMAL = 1000;
const VIOLATION = 4400;
const TIMEOUT = 4408;

type Ready = Extract<BackendMessage, { type: 'ready' }>;

export interface BackendLinkListener {
  /** What the next backend is greeted with. */
  start(): StartMessage;
  ready(message: Ready, nowMs: number): void;
  message(message: Exclude<BackendMessage, Ready>, nowMs: number): void;
  audio(bytes: Uint8Array, nowMs: number): void;
  /** The connection is gone; `fault` says why when it was the backend's. */
  lost(fault: LinkFault | null, nowMs: number): void;
  /** It was dialled for too long. */
  givenUp(nowMs: number): void;
}

/** A code and a sentence for the caller's side. */
export interface LinkFault {
  readonly code: string;
  readonly sentence: string;
}

type LinkPhase =
  /** Not wanted, given up, or waiting to be dialled again. */
  | { readonly kind: 'down' }
  | { readonly kind: 'dialling'; readonly socket: OutgoingSocket }
  | { readonly kind: 'greeting'; readonly socket: OutgoingSocket; readonly sinceMs: number }
  | { readonly kind: 'ready'; readonly socket: OutgoingSocket };

const DOWN: LinkPhase = { kind: 'down' };

/** One connection at a time. */
export class BackendLink {
  readonly #options: Pick<WebSocketOptions, 'url'>;
  readonly #services: AgentServices;
  readonly #listener: BackendLinkListener;
  readonly #redial: Redial;
  #phase: LinkPhase = DOWN;
  #reason = 'It has not answered.';

  constructor(options: WebSocketOptions, services: AgentServices, listener: BackendLinkListener) {
    this.#options = options;
    this.#services = services;
    this.#listener = listener;
    const { giveUpMs } = options;
    this.#redial = new Redial({ seed: services.conversation, giveUpMs });
  }

  /** The backend is there and has said where it stands. */
  get isReady(): boolean {
    return this.#phase.kind === 'ready';
  }

  /** Nobody is connected, and nothing will be tried by itself. */
  get isGivenUp(): boolean {
    return this.#phase.kind === 'down' && this.#redial.nextDeadlineMs === Number.POSITIVE_INFINITY;
  }

  /** Why there was no connection last, as a sentence. */
  get reason(): string {
    return this.#reason;
  }

  get nextDeadlineMs(): number {
    const readyMs =
      this.#phase.kind === 'greeting' ? this.#phase.sinceMs + READY_MS : Number.POSITIVE_INFINITY;
    return Math.min(readyMs, this.#redial.nextDeadlineMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#redial.nextDeadlineMs) this.dial(nowMs);
    if (this.#phase.kind === 'greeting' && nowMs >= this.#phase.sinceMs + READY_MS) {
      this.fail({ code: 'agent-timeout', sentence: 'The backend did not say "ready".' }, nowMs);
    }
  }

  /** Dials now, unless there is a connection or one is on its way. */
  dial(nowMs: number): void {
    if (this.#phase.kind !== 'down') return;
    if (this.isGivenUp) this.#redial.restart();
    this.#redial.dialled();
    const url = this.#options.url ?? this.#services.variable('ISOCHRON_AGENT_URL');
    if (url === null) {
      this.#reason = 'Neither the option "url" nor ISOCHRON_AGENT_URL is set.';
      this.#listener.givenUp(nowMs);
      return;
    }
    const { conversation } = this.#services;
    const socket: OutgoingSocket = this.#services.connect(
      {
        url,
        protocols: [AGENT_SUBPROTOCOL],
        headers: { 'Isochron-Conversation': conversation, ...this.#authorization() },
        signedText: conversation,
      },
      {
        opened: (openedMs) => this.#opened(socket, openedMs),
        message: (data, atMs) => this.#received(socket, data, atMs),
        closed: (code, reason, atMs) => this.#closed(socket, code, reason, atMs),
      },
    );
    this.#phase = { kind: 'dialling', socket };
  }

  /** Sends to a backend that is ready. */
  send(data: string | Uint8Array): void {
    if (this.#phase.kind === 'ready') this.#phase.socket.send(data);
  }

  /** The backend broke a rule, or is too slow: its connection is closed, and dialled again. */
  fail(fault: LinkFault, nowMs: number): void {
    if (this.#phase.kind === 'down') return;
    const code = fault.code === 'agent-protocol' ? VIOLATION : TIMEOUT;
    this.#phase.socket.close(code, fault.sentence.slice(0, 100));
    this.#reason = fault.sentence;
    this.#lost(fault, nowMs);
  }

  /** The conversation is over. */
  close(reason: string): void {
    const phase = this.#phase;
    this.#phase = DOWN;
    this.#redial.dialled();
    if (phase.kind === 'down') return;
    if (phase.kind === 'ready') phase.socket.send(JSON.stringify({ type: 'close', reason }));
    phase.socket.close(NORMAL, '');
  }

  /** The token goes to nobody but the operator's own address. */
  #authorization(): Record<string, string> {
    const token = this.#services.variable('ISOCHRON_AGENT_TOKEN');
    const isOwn = this.#options.url === undefined;
    return token === null || !isOwn ? {} : { Authorization: `Bearer ${token}` };
  }

  #opened(socket: OutgoingSocket, nowMs: number): void {
    if (this.#phase.kind !== 'dialling' || this.#phase.socket !== socket) return;
    this.#phase = { kind: 'greeting', socket, sinceMs: nowMs };
    socket.send(JSON.stringify(this.#listener.start()));
  }

  #received(socket: OutgoingSocket, data: string | Uint8Array, nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind === 'down' || phase.socket !== socket) return;
    if (typeof data === 'string') this.#receivedText(data, nowMs);
    else if (data.length > BACKEND_AUDIO_MAX_BYTES) {
      this.#violation(`A piece of audio has at most ${BACKEND_AUDIO_MAX_BYTES} bytes.`, nowMs);
    } else if (phase.kind === 'ready') this.#listener.audio(data, nowMs);
    else this.#violation('The first message must be "ready".', nowMs);
  }

  #receivedText(text: string, nowMs: number): void {
    if (text.length > BACKEND_TEXT_MAX_CHARACTERS) {
      const sentence = `A message has at most ${BACKEND_TEXT_MAX_CHARACTERS} characters.`;
      this.#violation(sentence, nowMs);
      return;
    }
    const parsed = readMessage(BACKEND_MESSAGE, text);
    switch (parsed.kind) {
      case 'message':
        return this.#dispatch(parsed.message, nowMs);
      case 'unknown-type':
        return;
      case 'invalid':
        return this.#violation(parsed.sentence, nowMs);
      default:
        return unreachable(parsed);
    }
  }

  #dispatch(message: BackendMessage, nowMs: number): void {
    const phase = this.#phase;
    if (message.type === 'ready' && phase.kind === 'greeting') {
      this.#phase = { kind: 'ready', socket: phase.socket };
      this.#redial.connected(nowMs);
      this.#listener.ready(message, nowMs);
    } else if (message.type === 'ready') this.#violation('"ready" comes once.', nowMs);
    else if (phase.kind === 'ready') this.#listener.message(message, nowMs);
    else this.#violation('The first message must be "ready".', nowMs);
  }

  #violation(sentence: string, nowMs: number): void {
    this.fail({ code: 'agent-protocol', sentence }, nowMs);
  }

  #closed(socket: OutgoingSocket, code: number, reason: string, nowMs: number): void {
    if (this.#phase.kind === 'down' || this.#phase.socket !== socket) return;
    this.#reason = reason === '' ? `Its connection was closed with code ${code}.` : reason;
    this.#lost(null, nowMs);
  }

  #lost(fault: LinkFault | null, nowMs: number): void {
    this.#phase = DOWN;
    const outcome = this.#redial.lost(nowMs);
    this.#listener.lost(fault, nowMs);
    if (outcome === 'given-up') this.#listener.givenUp(nowMs);
  }
}
