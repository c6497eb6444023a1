// A TCP proxy on loopback between one caller and the service, which does to its connections what networks do.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { FrameSplitter } from './frame-splitter.ts';

/** `up`: from the caller to the service. */
export type Direction = 'up' | 'down';

/** What is held back of a connection that its caller has left. */
const HELD_BACK_MS = 200;

/** How long after the takeover the old connection's last words come, and how long it then lives. */
const STALE_WORDS_MS = 300;
const STALE_LIFE_MS = 500;

export class FaultyLine {
  readonly #target: () => URL;
  readonly #wires = new Set<Wire>();
  readonly #server = createServer((near) => this.#join(near));
  #current: Wire | null = null;
  #takenOver: () => void = () => {};
  #closed = Promise.resolve();

  /** `target` is asked anew for each connection. */
  constructor(target: () => URL) {
    this.#target = target;
  }

  /** Starts to listen; returns the service's address by way of the line. */
  async listen(): Promise<URL> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(this.#target());
    url.port = String((this.#server.address() as AddressInfo).port);
    return url;
  }

  close(): void {
    this.#server.close();
    for (const wire of this.#wires) wire.destroy();
  }

  /** Breaks the connection after so many more bytes in a direction, which may be inside a message. False when there is none. */
  async cutAfter(bytes: number, direction: Direction): Promise<boolean> {
    return (await this.#current?.cutAfter(bytes, direction)) ?? false;
  }

  /** Breaks the connection now; the next one is let through when `until` has resolved. */
  async cutUntil(until: Promise<unknown>): Promise<void> {
    this.#closed = until.then(
      () => undefined,
      () => undefined,
    );
    this.#current?.destroy();
    await this.#closed;
  }

  /** Passes nothing on in this direction for a while: downwards, a reader that does not read. False when there is no connection. */
  async stall(direction: Direction, durationMs: number): Promise<boolean> {
    const wire = this.#current;
    if (wire === null) return false;
    wire.pause(direction);
    await pause(durationMs);
    wire.resume(direction);
    return true;
  }

  /** The next `messages` binary messages of the caller arrive twice. */
  async repeat(messages: number): Promise<boolean> {
    return (await this.#current?.repeat(messages)) ?? false;
  }

  /**
   * The caller's side breaks, the service's stays: the caller comes back over a new connection, and then the old one
   * delivers what it had still held. False when the caller did not come back.
   */
  async leaveHalfOpen(patienceMs: number): Promise<boolean> {
    const wire = this.#current;
    if (wire === null) return false;
    wire.holdBack();
    await pause(HELD_BACK_MS);
    const takenOver = new Promise<boolean>((resolve) => {
      this.#takenOver = () => resolve(true);
    });
    wire.leave();
    const isTakenOver = await Promise.race([takenOver, pause(patienceMs, false)]);
    if (isTakenOver) await pause(STALE_WORDS_MS);
    const hadWords = wire.sayLast();
    await pause(STALE_LIFE_MS);
    wire.destroy();
    return isTakenOver && hadWords;
  }

  async #join(near: Socket): Promise<void> {
    near.on('error', () => near.destroy());
    await this.#closed;
    if (near.destroyed) return;
    const { port, hostname } = this.#target();
    const wire = new Wire(near, connect(Number(port), hostname), () => {
      this.#wires.delete(wire);
      if (this.#current === wire) this.#current = null;
    });
    this.#wires.add(wire);
    this.#current = wire;
    this.#takenOver();
  }
}

/** One connection through the line. */
class Wire {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #splitter = new FrameSplitter();
  readonly #held: Buffer[] = [];
  #isHoldingBack = false;
  #isLeft = false;
  #repeats = 0;
  #repeated: (isDone: boolean) => void = () => {};
  /** Bytes until the cut, by direction. */
  readonly #left: Record<Direction, number> = {
    up: Number.POSITIVE_INFINITY,
    down: Number.POSITIVE_INFINITY,
  };
  #cut: (isDone: boolean) => void = () => {};

  constructor(near: Socket, far: Socket, gone: () => void) {
    this.#near = near;
    this.#far = far;
    near.setNoDelay(true);
    far.setNoDelay(true);
    near.on('data', (bytes) => this.#fromCaller(bytes));
    far.on('data', (bytes) => this.#pass('down', near, bytes));
    near.on('close', () => this.#isLeft || far.destroy());
    far.on('error', () => far.destroy());
    far.on('close', () => {
      near.destroy();
      this.#cut(false);
      this.#repeated(false);
      gone();
    });
  }

  destroy(): void {
    this.#near.destroy();
    this.#far.destroy();
  }

  cutAfter(bytes: number, direction: Direction): Promise<boolean> {
    this.#left[direction] = bytes;
    return new Promise((resolve) => {
      this.#cut = resolve;
    });
  }

  repeat(messages: number): Promise<boolean> {
    this.#repeats = messages;
    return new Promise((resolve) => {
      this.#repeated = resolve;
    });
  }

  pause(direction: Direction): void {
    this.#source(direction).pause();
  }

  resume(direction: Direction): void {
    this.#source(direction).resume();
  }

  /** Keeps what the caller says from now on. */
  holdBack(): void {
    this.#isHoldingBack = true;
  }

  /** Breaks the caller's side only. */
  leave(): void {
    this.#isLeft = true;
    this.#near.destroy();
  }

  /** Delivers what was held back; false when there was nothing, or nobody to take it. */
  sayLast(): boolean {
    const isSaid = this.#held.length > 0 && this.#far.writable;
    for (const bytes of this.#held) if (this.#far.writable) this.#far.write(bytes);
    return isSaid;
  }

  #fromCaller(bytes: Buffer): void {
    for (const piece of this.#splitter.push(bytes)) {
      if (this.#isHoldingBack) this.#held.push(piece.bytes);
      else this.#pass('up', this.#far, piece.bytes);
      if (this.#repeats === 0 || !piece.isBinary) continue;
      this.#pass('up', this.#far, piece.bytes);
      if (--this.#repeats === 0) this.#repeated(true);
    }
  }

  #pass(direction: Direction, to: Socket, bytes: Buffer): void {
    const left = this.#left[direction];
    if (bytes.length < left) {
      this.#left[direction] = left - bytes.length;
      if (to.writable) to.write(bytes);
      return;
    }
    // Nothing may follow: the rest of a message must not be made up of the next one.
    this.#left[direction] = 0;
    if (left > 0 && to.writable) to.write(bytes.subarray(0, left), () => this.destroy());
    else this.destroy();
    this.#cut(true);
    this.#cut = () => {};
  }

  #source(direction: Direction): Socket {
    return direction === 'up' ? this.#near : this.#far;
  }
}
