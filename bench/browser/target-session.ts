// Speaks the DevTools protocol with a page or a worker by way of whatever it is a part of.

import type { CDPSession } from 'playwright-core';

/** What carries messages to targets and back: the browser, or a page for its worker. */
export interface TargetRoute {
  send(method: string, params?: object): Promise<unknown>;
  on(method: string, listener: (params: Record<string, unknown>) => void): void;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(fault: Error): void;
}

/** The browser itself, as a route. */
export function browserRoute(session: CDPSession): TargetRoute {
  const untyped = session as unknown as TargetRoute;
  return {
    send: (method, params) => untyped.send(method, params),
    on: (method, listener) => void untyped.on(method, listener),
  };
}

/** Messages in the order in which they come. It is as long-lived as its target. */
export class TargetSession implements TargetRoute {
  readonly #route: TargetRoute;
  readonly #sessionId: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, ((params: Record<string, unknown>) => void)[]>();
  #lastId = 0;

  constructor(route: TargetRoute, sessionId: string) {
    this.#route = route;
    this.#sessionId = sessionId;
    route.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
      if (from === sessionId) this.#take(JSON.parse(String(message)) as Answer);
    });
    route.on('Target.detachedFromTarget', ({ sessionId: gone }) => {
      if (gone === sessionId) this.#detached();
    });
  }

  /** Rejects with the sentence of the browser, and when the target goes away before it answers. */
  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const message = JSON.stringify({ id, method, params });
      this.#route
        .send('Target.sendMessageToTarget', { sessionId: this.#sessionId, message })
        .catch(reject);
    });
  }

  on(method: string, listener: (params: Record<string, unknown>) => void): void {
    const listeners = this.#listeners.get(method) ?? [];
    this.#listeners.set(method, [...listeners, listener]);
  }

  #take({ id, method, params, result, error }: Answer): void {
    if (method !== undefined)
      for (const listener of this.#listeners.get(method) ?? []) listener(params ?? {});
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }

  #detached(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('The page has gone away.'));
    this.#waiting.clear();
  }
}
