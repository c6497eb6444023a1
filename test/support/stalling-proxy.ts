// A TCP proxy on loopback that can hold all bytes back for a while, or break its connections, as networks do.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class StallingProxy {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((near) => this.#pipe(near));
  #stalled = false;

  /** Passes everything on to the host and port of `target`. */
  constructor(target: URL) {
    this.#target = target;
  }

  /** Starts to listen; returns the target's address by way of the proxy. */
  async listen(): Promise<URL> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(this.#target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url;
  }

  /** Holds back whatever comes in either direction until `durationMs` have passed; nothing is lost or reordered. */
  stall(durationMs: number): void {
    this.#stalled = true;
    for (const socket of this.#sockets) socket.pause();
    setTimeout(() => {
      this.#stalled = false;
      for (const socket of this.#sockets) socket.resume();
    }, durationMs);
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #pipe(near: Socket): void {
    const far = connect(Number(this.#target.port), this.#target.hostname);
    this.#join(near, far);
    this.#join(far, near);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => to.write(bytes));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => this.#sockets.delete(from));
    if (this.#stalled) from.pause();
  }
}
