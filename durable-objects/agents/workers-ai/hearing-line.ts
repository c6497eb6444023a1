// The socket of the listening model: audio in pieces of one size, signs of life, and an end when nobody needs it.

import type { OutgoingSocket } from '../../runtime/outgoing-socket.ts';
import type { WorkersAi } from '../../runtime/workers-ai.ts';
import type { Dialect, HeardEvent } from './hearing.ts';

const NEVER = Number.POSITIVE_INFINITY;
const NORMAL_CLOSURE = 1000;
/** 80 ms, which Deepgram recommends for Flux. */
const BATCH_SAMPLES = 1280;
/** A socket that nobody needs is closed after this, so that a quiet conversation can sleep. */
const IDLE_MS = 30_000;
/** Deepgram closes a socket of Nova's after 10 s without a message. */
const KEEP_ALIVE_MS = 5000;

export interface HearingLineListener {
  opened(nowMs: number): void;
  event(event: HeardEvent, nowMs: number): void;
  /** The socket is gone; not called for one that was hung up. */
  lost(nowMs: number): void;
}

/** One socket after the other. What is sent while it is being opened waits. */
export class HearingLine {
  readonly #ai: WorkersAi;
  readonly #dialect: Dialect;
  readonly #listener: HearingLineListener;
  readonly #batch = new Int16Array(BATCH_SAMPLES);
  #batched = 0;
  #socket: OutgoingSocket | null = null;
  #isOpen = false;
  #lastSentMs = 0;
  #lastUsedMs = 0;

  constructor(ai: WorkersAi, dialect: Dialect, listener: HearingLineListener) {
    this.#ai = ai;
    this.#dialect = dialect;
    this.#listener = listener;
  }

  get isDialled(): boolean {
    return this.#socket !== null;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** When `tend` wants to be called while nobody speaks. */
  get idleDeadlineMs(): number {
    if (!this.#isOpen) return NEVER;
    const endMs = this.#lastUsedMs + IDLE_MS;
    if (this.#dialect.keepAlive === null) return endMs;
    return Math.min(endMs, this.#lastSentMs + KEEP_ALIVE_MS);
  }

  dial(): void {
    this.hangUp();
    const isCurrent = (): boolean => this.#socket === socket;
    const socket: OutgoingSocket = this.#ai.listen(this.#dialect.listening, {
      opened: (nowMs) => {
        if (!isCurrent()) return;
        this.#isOpen = true;
        this.used(nowMs);
        this.#lastSentMs = nowMs;
        this.#listener.opened(nowMs);
      },
      message: (data, nowMs) => {
        if (!isCurrent() || typeof data !== 'string') return;
        const event = this.#dialect.read(data);
        if (event !== null) this.#listener.event(event, nowMs);
      },
      closed: (_code, _reason, nowMs) => {
        if (!isCurrent()) return;
        this.hangUp();
        this.#listener.lost(nowMs);
      },
    });
    this.#socket = socket;
  }

  send(samples: Int16Array, nowMs: number): void {
    for (let from = 0; from < samples.length; ) {
      const part = samples.subarray(from, from + BATCH_SAMPLES - this.#batched);
      this.#batch.set(part, this.#batched);
      this.#batched += part.length;
      from += part.length;
      if (this.#batched === BATCH_SAMPLES) this.#flush(nowMs);
    }
  }

  /** Sends what is left of the audio, and the word that ends the turn. */
  endTurn(nowMs: number): void {
    this.#flush(nowMs);
    this.#socket?.send(this.#dialect.endTurn);
    this.#lastSentMs = nowMs;
  }

  /** Somebody needed it until now. */
  used(nowMs: number): void {
    this.#lastUsedMs = nowMs;
  }

  /** Keeps the idle socket open, or closes it. */
  tend(nowMs: number): void {
    if (nowMs < this.idleDeadlineMs) return;
    if (nowMs >= this.#lastUsedMs + IDLE_MS) return this.hangUp();
    if (this.#dialect.keepAlive !== null) this.#socket?.send(this.#dialect.keepAlive);
    this.#lastSentMs = nowMs;
  }

  hangUp(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    this.#batched = 0;
    socket?.close(NORMAL_CLOSURE, '');
  }

  #flush(nowMs: number): void {
    if (this.#batched === 0) return;
    this.#socket?.send(new Uint8Array(this.#batch.buffer, 0, 2 * this.#batched));
    this.#batched = 0;
    this.#lastSentMs = nowMs;
  }
}
