// The observer's socket: the lines of one conversation as they come.

import {
  OBSERVE_SUBPROTOCOL,
  type ObservedLine,
  SEEN_EVERY,
  SEEN_MESSAGE,
} from '../../core/observation/observed-line.ts';
import { parseLines } from './picture/timeline-file.ts';

/** Waits between two attempts; the last one is used again and again. */
const WAITS_MS = [300, 1000, 3000, 5000];

export interface ObserverListener {
  /** Lines that came together, and their text as it came. */
  lines(lines: readonly ObservedLine[], text: string): void;
  /** It cannot be observed, or no longer; in the service's words. */
  ended(sentence: string): void;
}

/** Connects again when the connection is lost, until the service says that there is nothing more to see. */
export class ObserverSocket {
  readonly #url: string;
  readonly #token: string;
  readonly #listener: ObserverListener;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #messages = 0;
  #isClosed = false;

  constructor(origin: string, conversation: string, token: string, listener: ObserverListener) {
    const url = new URL(`/v1/conversations/${conversation}/observe`, origin);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#url = url.href;
    this.#token = token;
    this.#listener = listener;
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open(): void {
    const bearer = this.#token === '' ? [] : [`bearer.${this.#token}`];
    const socket = new WebSocket(this.#url, [OBSERVE_SUBPROTOCOL, ...bearer]);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(String(data)));
    socket.addEventListener('close', ({ code, reason }) => this.#closed(code, reason));
  }

  #take(text: string): void {
    this.#attempt = 0;
    this.#messages++;
    if (this.#messages % SEEN_EVERY === 0) this.#socket?.send(SEEN_MESSAGE);
    if (!this.#isClosed) this.#listener.lines(parseLines(text), text);
  }

  #closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    // The service's own codes for what will not change by asking again.
    if (code >= 4400 && code < 4500) {
      this.#isClosed = true;
      this.#listener.ended(reason);
      return;
    }
    const waitMs = WAITS_MS[Math.min(this.#attempt, WAITS_MS.length - 1)]!;
    this.#attempt++;
    this.#timer = setTimeout(() => this.#open(), waitMs);
  }
}
