// Puts a fake vendor behind a WebSocket on this machine: the same code that runs in virtual time, over TCP.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type WebSocket, WebSocketServer } from 'ws';

/** What a fake does for one connection; times are milliseconds of any origin. */
export interface FakeConnection {
  receive(data: string | Uint8Array, nowMs: number): void;
  /** When `tick` wants to be called, Infinity for never. */
  readonly nextDeadlineMs: number;
  tick(nowMs: number): void;
  /** The other side is gone. */
  closed?(code: number, nowMs: number): void;
}

/** The way from a fake to whoever has dialled it. */
export interface FakeLine {
  /** Path and query that were asked for, such as `/v1/realtime?model=x`. */
  readonly path: string;
  /** Request headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Breaks the connection without a close frame. */
  cut(): void;
}

/** Makes the fake of one connection, at its first moment. A fake that remembers more than one connection keeps that outside. */
export type MakeFake = (line: FakeLine, nowMs: number) => FakeConnection;

export interface ServedFake {
  /** ws://127.0.0.1:port */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a fake on loopback, at a port of the system's choice. */
export async function serveFake(make: MakeFake): Promise<ServedFake> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, request) => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    serve(socket, request.url ?? '/', headers, make);
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(
  socket: WebSocket,
  path: string,
  headers: Readonly<Record<string, string>>,
  make: MakeFake,
): void {
  let timer: NodeJS.Timeout | undefined;
  const line: FakeLine = {
    path,
    headers,
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
  };
  const fake = make(line, performance.now());
  const rest = (): void => {
    clearTimeout(timer);
    const delayMs = fake.nextDeadlineMs - performance.now();
    if (delayMs === Number.POSITIVE_INFINITY || socket.readyState > socket.OPEN) return;
    timer = setTimeout(
      () => {
        // A timer may fire a fraction of a millisecond early.
        if (performance.now() >= fake.nextDeadlineMs) fake.tick(performance.now());
        rest();
      },
      Math.max(0, Math.ceil(delayMs)),
    );
  };
  socket.on('message', (data, isBinary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
    fake.receive(isBinary ? new Uint8Array(bytes) : bytes.toString('utf8'), performance.now());
    rest();
  });
  socket.on('close', (code) => {
    clearTimeout(timer);
    fake.closed?.(code, performance.now());
  });
  socket.on('error', () => socket.terminate());
  rest();
}
