// Sockets that a conversation opens to the outside: dialled with fetch, heard in events of the conversation.

/** Where to, and with what. */
export interface SocketRequest {
  /** ws, wss, http or https. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly protocols?: readonly string[] | undefined;
  /** A text that the request is signed over, as a webhook is over its body, so that the host knows who dials. */
  readonly signedText?: string | undefined;
}

/** Hears of one socket; each call is made inside an event of the conversation. */
export interface SocketListener {
  opened(nowMs: number): void;
  message(data: string | Uint8Array, nowMs: number): void;
  /** Called once, and last: 1006 with a sentence where the socket could not be opened or has broken. */
  closed(code: number, reason: string, nowMs: number): void;
}

/** A socket to the outside. What is sent before it has opened waits; calls on a closed one do nothing. */
export interface OutgoingSocket {
  /** The bytes are copied. */
  send(data: string | Uint8Array): void;
  /** Closes for good: the listener hears nothing any more. */
  close(code?: number, reason?: string): void;
}

/** What a socket needs of its surroundings. */
export interface SocketSurroundings {
  /** Runs one event of the conversation. */
  readonly inEvent: (run: (nowMs: number) => void) => void;
  /** Aborted when the conversation's memory is given up: the socket closes with it. */
  readonly gone: AbortSignal;
  /** The headers of a signature over a text. */
  readonly sign: (text: string) => Promise<Record<string, string>>;
  /** The platform's own unless given. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** RFC 6455 §7.4.1: no close frame was received. */
const ABNORMAL_CLOSURE = 1006;
const NORMAL_CLOSURE = 1000;

/** Before it has opened, no more than this waits to be sent. */
const WAITING_BYTES_MAX = 4_194_304;

/** How long a host may take to answer the upgrade. */
const DIAL_MS = 10_000;

/** Dials out. Never throws: what fails is told to the listener, in an event of its own. */
export function dialOut(
  request: SocketRequest,
  listener: SocketListener,
  surroundings: SocketSurroundings,
): OutgoingSocket {
  return new DialledSocket(request, listener, surroundings);
}

type SocketPhase =
  | { readonly kind: 'dialling'; readonly waiting: (string | Uint8Array)[]; waitingBytes: number }
  | { readonly kind: 'open'; readonly socket: WebSocket }
  | { readonly kind: 'closed' };

const CLOSED: SocketPhase = { kind: 'closed' };

class DialledSocket implements OutgoingSocket {
  readonly #listener: SocketListener;
  readonly #surroundings: SocketSurroundings;
  readonly #patience = new AbortController();
  readonly #abandon = (): void => this.close(NORMAL_CLOSURE, '');
  #phase: SocketPhase = { kind: 'dialling', waiting: [], waitingBytes: 0 };

  constructor(request: SocketRequest, listener: SocketListener, surroundings: SocketSurroundings) {
    this.#listener = listener;
    this.#surroundings = surroundings;
    surroundings.gone.addEventListener('abort', this.#abandon);
    this.#dial(request).then(
      (socket) => this.#opened(socket),
      (fault: unknown) => this.#lost(ABNORMAL_CLOSURE, sentenceOf(fault)),
    );
  }

  send(data: string | Uint8Array): void {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'open':
        return this.#sendNow(phase.socket, data);
      case 'dialling':
        phase.waitingBytes += data.length;
        if (phase.waitingBytes <= WAITING_BYTES_MAX) {
          phase.waiting.push(typeof data === 'string' ? data : data.slice());
          return;
        }
        return this.#lost(ABNORMAL_CLOSURE, 'More was to be sent than can wait for an answer.');
      default:
        return;
    }
  }

  close(code = NORMAL_CLOSURE, reason = ''): void {
    const phase = this.#phase;
    if (phase.kind === 'closed') return;
    this.#end();
    if (phase.kind === 'open') closeQuietly(phase.socket, code, reason);
  }

  /** The socket of an answered upgrade. Rejects with an error whose message is a sentence. */
  async #dial(request: SocketRequest): Promise<WebSocket> {
    const { url, headers = {}, protocols = [], signedText } = request;
    const patience = setTimeout(() => this.#patience.abort(), DIAL_MS);
    try {
      const { sign, fetch: dial = fetch } = this.#surroundings;
      const response = await dial(url.replace(/^ws/, 'http'), {
        headers: {
          ...headers,
          ...(signedText === undefined ? {} : await sign(signedText)),
          Upgrade: 'websocket',
          ...(protocols.length > 0 ? { 'Sec-WebSocket-Protocol': protocols.join(', ') } : {}),
        },
        // Followed, a redirect could lead to an address that was never checked.
        redirect: 'manual',
        signal: this.#patience.signal,
      });
      if (response.webSocket !== null) return response.webSocket;
      await response.body?.cancel();
      throw new DialError(`The host answered with status ${response.status} instead of a socket.`);
    } finally {
      clearTimeout(patience);
    }
  }

  #opened(socket: WebSocket): void {
    const phase = this.#phase;
    // From compatibility date 2026-03-17 on, an outgoing socket gives Blobs unless told otherwise.
    socket.binaryType = 'arraybuffer';
    socket.accept();
    if (phase.kind !== 'dialling') {
      closeQuietly(socket, NORMAL_CLOSURE, '');
      return;
    }
    this.#phase = { kind: 'open', socket };
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') this.#heard(data);
      else if (data instanceof ArrayBuffer) this.#heard(new Uint8Array(data));
    });
    socket.addEventListener('close', ({ code, reason }) => this.#lost(code, reason));
    socket.addEventListener('error', () => this.#lost(ABNORMAL_CLOSURE, 'The socket broke.'));
    for (const data of phase.waiting) this.#sendNow(socket, data);
    this.#inEvent((nowMs) => this.#listener.opened(nowMs));
  }

  #heard(data: string | Uint8Array): void {
    this.#inEvent((nowMs) => this.#listener.message(data, nowMs));
  }

  /** The other side, or the way to it, is gone. */
  #lost(code: number, reason: string): void {
    if (this.#phase.kind === 'closed') return;
    const { socket } = this.#phase.kind === 'open' ? this.#phase : { socket: null };
    this.#end();
    if (socket !== null) closeQuietly(socket, NORMAL_CLOSURE, '');
    // Never from inside a call of the listener's own.
    queueMicrotask(() =>
      this.#surroundings.inEvent((nowMs) => this.#listener.closed(code, reason, nowMs)),
    );
  }

  #end(): void {
    this.#phase = CLOSED;
    this.#patience.abort();
    this.#surroundings.gone.removeEventListener('abort', this.#abandon);
  }

  #inEvent(run: (nowMs: number) => void): void {
    this.#surroundings.inEvent((nowMs) => {
      if (this.#phase.kind === 'open') run(nowMs);
    });
  }

  #sendNow(socket: WebSocket, data: string | Uint8Array): void {
    if (this.#phase.kind !== 'open') return;
    try {
      socket.send(data);
    } catch {
      // Its close event has not come yet.
      this.#lost(ABNORMAL_CLOSURE, 'The socket broke.');
    }
  }
}

/** Its message is a sentence that says why no socket came. */
class DialError extends Error {
  override readonly name = 'DialError';
}

function sentenceOf(fault: unknown): string {
  return fault instanceof DialError ? fault.message : 'The host could not be reached.';
}

/** A socket that is broken or closed already may refuse. */
function closeQuietly(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // There is nothing left to close.
  }
}
