// The connection to one observer, over a hibernatable WebSocket.

import * as v from 'valibot';
import { UNSEEN_MAX } from '../../core/observation/observed-line.ts';
import { closeReason } from '../runtime/close-reason.ts';
import { isTeardown } from '../runtime/teardown.ts';

/** What tells an observer's socket from a client's, also after hibernation. */
const ATTACHMENT = v.object({ observer: v.literal(true) });

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;

/**
 * The platform does not say how much of what was sent still waits to leave, and would keep all of it in memory: so an
 * observer says now and then what it has seen, and is sent nothing while it is behind.
 */
export class ObserverLink {
  readonly #socket: WebSocket;
  #unseen = 0;
  #missed = 0;
  #isIntroduced = false;
  #isGone = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** A link for a socket that was just accepted. */
  static attach(socket: WebSocket): ObserverLink {
    socket.serializeAttachment({ observer: true });
    return new ObserverLink(socket);
  }

  /** The link of a socket that was accepted before; null when it is no observer's. */
  static of(socket: WebSocket): ObserverLink | null {
    const isObserver = v.safeParse(ATTACHMENT, socket.deserializeAttachment()).success;
    return isObserver ? new ObserverLink(socket) : null;
  }

  /** Sends a message, after the introduction where that was not sent yet. False when the observer is too slow for it. */
  send(message: string, introduction: () => string): boolean {
    if (this.#unseen >= UNSEEN_MAX) {
      this.#missed++;
      return false;
    }
    let text = message;
    if (this.#missed > 0)
      text = `${JSON.stringify({ type: 'missed', messages: this.#missed })}\n${text}`;
    if (!this.#isIntroduced) text = `${introduction()}\n${text}`;
    this.#missed = 0;
    this.#isIntroduced = true;
    this.#unseen++;
    this.#attempt(() => this.#socket.send(text));
    return true;
  }

  /** The observer has seen everything up to about now. */
  seen(): void {
    this.#unseen = 0;
  }

  close(code: number, sentence: string): void {
    this.#attempt(() => this.#socket.close(code, closeReason(sentence)));
    this.#isGone = true;
  }

  /** Finishes a close that the observer has begun: for hibernatable sockets the runtime does not. */
  answerClose(): void {
    this.close(NORMAL_CLOSURE, '');
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  #attempt(act: () => void): void {
    if (this.#isGone) return;
    try {
      act();
    } catch (fault) {
      if (!isTeardown(fault)) throw fault;
      this.#isGone = true;
    }
  }
}
