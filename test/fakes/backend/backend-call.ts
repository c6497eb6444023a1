// A whole call in virtual time: a caller, the engine, the websocket agent, and a fake backend at the end of a line.

import * as v from 'valibot';
import type { ConfigOverrides } from '../../../core/conversation/config.ts';
import { WEBSOCKET_OPTIONS } from '../../../durable-objects/agents/websocket/options.ts';
import { WebSocketAgent } from '../../../durable-objects/agents/websocket/websocket-agent.ts';
import type { SocketRequest } from '../../../durable-objects/runtime/outgoing-socket.ts';
import { VirtualWorld } from '../../../simulation/virtual-world.ts';
import { EngineWorld } from '../../support/engine-world.ts';
import { virtualConnect } from '../virtual-line.ts';
import type { MakeFake } from '../ws-server.ts';
import { FakeBackend, type FakeBackendOptions } from './fake-backend.ts';

/** One way to the backend. */
const LATENCY_MS = 15;

export interface BackendCallOptions {
  readonly microphone: Int16Array;
  readonly backend?: Partial<FakeBackendOptions> | undefined;
  readonly agent?: Readonly<Record<string, unknown>> | undefined;
  readonly config?: ConfigOverrides | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Made for each connection; the fake backend unless given. */
  readonly make?: MakeFake | undefined;
  /** Hears of each dialling. */
  readonly dialled?: ((request: SocketRequest) => void) | undefined;
}

export class BackendCall {
  readonly world = new VirtualWorld();
  readonly backend: FakeBackend;
  readonly engine: EngineWorld;
  readonly #options: BackendCallOptions;
  #life = 0;

  constructor(options: BackendCallOptions) {
    this.#options = options;
    this.backend = new FakeBackend(options.backend);
    const { microphone, config } = options;
    this.engine = new EngineWorld({ world: this.world, agent: this.#agent(), microphone, config });
  }

  run(toMs: number): void {
    this.world.runTo(toMs);
  }

  /** The object's memory is lost, its sockets with it; the caller's stays. */
  evict(): void {
    this.backend.current?.cut();
    this.engine.evict(this.#agent(), true);
  }

  /** Sentences that the caller's side was told, by code. */
  get errors(): string[] {
    return this.engine.sent('error').map(({ code }) => code);
  }

  #agent(): WebSocketAgent {
    const life = ++this.#life;
    const inEvent = (run: (nowMs: number) => void): void => {
      if (life !== this.#life) return;
      this.engine.event((engine, nowMs) => engine.outsideEvent(run, nowMs));
    };
    const make = this.#options.make ?? ((line, nowMs) => this.backend.connect(line, nowMs));
    const { world } = this;
    const connect = virtualConnect({ world, make, latencyMs: LATENCY_MS, inEvent });
    return new WebSocketAgent(
      v.parse(WEBSOCKET_OPTIONS, { url: 'ws://backend.test', ...this.#options.agent }),
      {
        assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
        conversation: 'conversation-1',
        inEvent,
        variable: (name) => this.#options.variables?.[name] ?? null,
        connect: (request, listener) => {
          this.#options.dialled?.(request);
          return connect(request, listener);
        },
        ai: null,
        callTool: () => {},
      },
    );
  }
}
