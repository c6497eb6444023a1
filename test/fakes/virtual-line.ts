// Connects an agent with a fake in virtual time, over a way that takes a while.

import type { AgentServices } from '../../durable-objects/agents/agent-services.ts';
import type {
  OutgoingSocket,
  SocketListener,
  SocketRequest,
} from '../../durable-objects/runtime/outgoing-socket.ts';
import type { World } from '../support/world.ts';
import type { FakeConnection, FakeLine, MakeFake } from './ws-server.ts';

export interface VirtualLineOptions {
  readonly world: World;
  readonly make: MakeFake;
  /** One way, ms. */
  readonly latencyMs: number;
  /** Runs an event of the conversation. */
  readonly inEvent: (run: (nowMs: number) => void) => void;
}

/** The `connect` of an agent's services. */
export function virtualConnect(options: VirtualLineOptions): AgentServices['connect'] {
  return (request, listener) => new VirtualSocket(request, listener, options);
}

class VirtualSocket implements OutgoingSocket {
  readonly #options: VirtualLineOptions;
  readonly #listener: SocketListener;
  readonly #headers: Readonly<Record<string, string>>;
  #fake: FakeConnection | null = null;
  #isClosed = false;
  /** The far end has closed, or knows that this one has. */
  #isFarClosed = false;
  #tickAtMs = Number.POSITIVE_INFINITY;

  constructor(request: SocketRequest, listener: SocketListener, options: VirtualLineOptions) {
    this.#options = options;
    this.#listener = listener;
    this.#headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    // TCP, TLS and the upgrade: three ways there and back, of which the last half is `opened`.
    this.#later(3, () => this.#arrive(request.url.replace(/^wss?:\/\/[^/]*/, '')));
  }

  send(data: string | Uint8Array): void {
    if (this.#isClosed) return;
    this.#later(1, () => {
      if (this.#isFarClosed) return;
      this.#fake?.receive(data, this.#options.world.nowMs);
      this.#rest();
    });
  }

  close(code = 1000): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#later(1, () => {
      if (this.#isFarClosed) return;
      this.#isFarClosed = true;
      this.#fake?.closed?.(code, this.#options.world.nowMs);
    });
  }

  #arrive(path: string): void {
    if (this.#isFarClosed) return;
    const line: FakeLine = {
      path,
      headers: this.#headers,
      send: (data) => this.#tell((nowMs) => this.#listener.message(data, nowMs)),
      close: (code, reason) => this.#end(code, reason),
      cut: () => this.#end(1006, 'The socket broke.'),
    };
    this.#fake = this.#options.make(line, this.#options.world.nowMs);
    this.#tell((nowMs) => this.#listener.opened(nowMs));
    this.#rest();
  }

  #end(code: number, reason: string): void {
    if (this.#isFarClosed) return;
    this.#isFarClosed = true;
    this.#later(1, () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#options.inEvent((nowMs) => this.#listener.closed(code, reason, nowMs));
    });
  }

  #tell(run: (nowMs: number) => void): void {
    this.#later(1, () => {
      if (!this.#isClosed) this.#options.inEvent(run);
    });
  }

  #later(ways: number, run: () => void): void {
    const { world, latencyMs } = this.#options;
    world.at(world.nowMs + ways * latencyMs, run);
  }

  #rest(): void {
    const { world } = this.#options;
    const dueMs = this.#fake?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
    if (this.#isFarClosed || dueMs >= this.#tickAtMs) return;
    this.#tickAtMs = dueMs;
    world.at(dueMs, () => {
      if (this.#tickAtMs !== dueMs) return;
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      if (this.#isFarClosed) return;
      this.#fake?.tick(world.nowMs);
      this.#rest();
    });
  }
}
