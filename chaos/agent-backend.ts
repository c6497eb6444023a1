// Whoever an agent speaks to outside: hears of each turn, survives everything, and forgets nothing.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A turn as an agent has told of it, in samples at 16 kHz since the conversation began. */
export interface TurnTold {
  readonly turn: number;
  readonly startSample: number;
  readonly endSample: number;
}

/** One for all conversations of a service. */
export class AgentBackend {
  readonly #told = new Map<string, TurnTold[]>();
  readonly #server: Server = createServer((request, response) => {
    void this.#hear(request).then(() => response.end());
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Every telling, in the order in which they came. */
  heardOf(conversation: string): readonly TurnTold[] {
    return this.#told.get(conversation) ?? [];
  }

  async #hear(request: IncomingMessage): Promise<void> {
    const { conversation, ...turn } = JSON.parse(await text(request)) as TurnTold & {
      readonly conversation: string;
    };
    this.#told.set(conversation, [...this.heardOf(conversation), turn]);
  }
}
