// A storage that takes its time to confirm, and the runtime's output gate with it: every send waits, in order.

import { GateModel } from './gate-model.ts';

/** Stands before the sockets of one object; open until it is slowed. */
export class SlowGate {
  readonly #gate = new GateModel(
    0,
    () => Date.now(),
    (run, delayMs) => void setTimeout(run, delayMs),
  );
  #untilMs = 0;
  /** A slow time that begins with the next write; 0 for none. */
  #comingMs = 0;
  #begun: () => void = () => {};

  constructor(ctx: DurableObjectState) {
    const { storage } = ctx;
    const accept = ctx.acceptWebSocket.bind(ctx);
    const sync = storage.sync.bind(storage);
    Object.defineProperty(ctx, 'acceptWebSocket', {
      value: (socket: WebSocket, tags?: string[]) => {
        this.#gateSocket(socket);
        accept(socket, tags);
      },
    });
    Object.defineProperty(storage, 'sync', {
      value: () => sync().then(() => (this.#isSlow ? this.#gate.confirmed() : undefined)),
    });
    // Those that have slept through a loss of memory.
    for (const socket of ctx.getWebSockets()) this.#gateSocket(socket);
  }

  /** Confirmations take so long for a while, which begins with the next write that anything waits for: then it resolves. */
  slowNext(durationMs: number, confirmMs: number): Promise<void> {
    this.#gate.confirmMs = confirmMs;
    this.#comingMs = durationMs;
    return new Promise((resolve) => {
      this.#begun = resolve;
    });
  }

  /** Something was written that what is sent from now on rests on. */
  wrote(): void {
    if (this.#comingMs > 0) {
      this.#untilMs = Date.now() + this.#comingMs;
      this.#comingMs = 0;
      this.#begun();
    }
    if (this.#isSlow) this.#gate.wrote();
  }

  get #isSlow(): boolean {
    return Date.now() < this.#untilMs;
  }

  #gateSocket(socket: WebSocket): void {
    const send = socket.send.bind(socket);
    const close = socket.close.bind(socket);
    const pass = this.#gate.gated((act: () => void) => act());
    Object.defineProperty(socket, 'send', {
      value: (message: string | Uint8Array) => {
        // The engine reuses its bytes.
        const kept = typeof message === 'string' ? message : message.slice();
        pass(() => quietly(() => send(kept)));
      },
    });
    Object.defineProperty(socket, 'close', {
      value: (code?: number, reason?: string) => pass(() => quietly(() => close(code, reason))),
    });
  }
}

/** What was held back may find its socket gone. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Nobody is there to be told.
  }
}
