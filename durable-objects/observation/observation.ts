// Shows a conversation to those who look on: gathers what happens in its events, and sends it when their work is done.

import { OBSERVE_SUBPROTOCOL, SEEN_MESSAGE } from '../../core/observation/observed-line.ts';
import type { Lookout, Watch } from '../../core/observation/watch.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import { logFault } from '../runtime/log.ts';
import { refusedSocket } from '../runtime/refused-socket.ts';
import { ObserverLink } from './observer-link.ts';

/** A message leaves at most this often: four a second. */
const PERIOD_MS = 250;

/** More observers of one conversation would cost it more than it can spare. */
const OBSERVERS_MAX = 5;

/** Lines kept for the next message: a conversation that is busier than this, for a quarter of a second, is not shown whole. */
const LINES_MAX = 256;

/** Tag of observers' sockets among those of the object. */
const TAG = 'observer';

const CROWDED = `A conversation can have ${OBSERVERS_MAX} observers at most.`;
const MUTE = 'An observer only looks on.';

/** Nothing is computed, kept or sent while nobody looks on; and an observer can never make an event fail. */
export class Observation implements Watch {
  readonly #ctx: DurableObjectState;
  readonly #known = new Map<WebSocket, ObserverLink>();
  #lookout: Lookout | null = null;
  #lines: string[] = [];
  #samples: number[] = [];
  #percents: number[] = [];
  #sentAtMs = Number.NEGATIVE_INFINITY;

  /** Finds the observers whose sockets outlived the memory. */
  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    for (const socket of ctx.getWebSockets(TAG)) {
      const link = ObserverLink.of(socket);
      if (link !== null) this.#known.set(socket, link);
    }
  }

  get isOpen(): boolean {
    return this.#known.size > 0;
  }

  begin(lookout: Lookout): void {
    this.#lookout = lookout;
  }

  line(text: string): void {
    if (this.#lines.length < LINES_MAX) this.#lines.push(text);
  }

  scored(sample: number, probability: number): void {
    this.#samples.push(sample);
    this.#percents.push(Math.round(probability * 100));
  }

  /** Lets somebody look on, in a way that lets the object sleep meanwhile. */
  accept(): Response {
    if (this.#known.size >= OBSERVERS_MAX) {
      return refusedSocket(CLOSE_CODES['too-fast'].code, CROWDED, OBSERVE_SUBPROTOCOL);
    }
    const pair = new WebSocketPair();
    const link = ObserverLink.attach(pair[1]);
    this.#ctx.acceptWebSocket(pair[1], [TAG]);
    this.#known.set(pair[1], link);
    this.#sentAtMs = Number.NEGATIVE_INFINITY;
    const headers = { 'Sec-WebSocket-Protocol': OBSERVE_SUBPROTOCOL };
    return new Response(null, { status: 101, headers, webSocket: pair[0] });
  }

  /** Takes a message when it is an observer's; false when the socket is a client's. */
  message(socket: WebSocket, message: string | ArrayBuffer): boolean {
    const link = this.#known.get(socket);
    if (link === undefined) return false;
    if (message === SEEN_MESSAGE) link.seen();
    else {
      link.close(CLOSE_CODES.violation.code, MUTE);
      this.#known.delete(socket);
    }
    return true;
  }

  /** Takes the end of a socket when it is an observer's. */
  closed(socket: WebSocket): boolean {
    const link = this.#known.get(socket);
    if (link === undefined) return false;
    link.answerClose();
    this.#known.delete(socket);
    return true;
  }

  /** An event of the conversation has done its work: sends what is due. `isLast` when no other may follow soon. */
  eventDone(nowMs: number, isLast: boolean): void {
    if (this.#known.size === 0 || this.#lookout === null) return;
    if (!isLast && nowMs - this.#sentAtMs < PERIOD_MS) return;
    this.#sentAtMs = nowMs;
    try {
      this.#send(this.#lookout, nowMs);
    } catch (fault) {
      logFault('observation-failed', fault, { conversation: this.#ctx.id.toString() });
    }
  }

  /** The conversation has ended, or is gone. */
  end(nowMs: number): void {
    if (this.#known.size === 0) return;
    this.eventDone(nowMs, true);
    const { code, sentence } = CLOSE_CODES.ended;
    for (const link of this.#known.values()) link.close(code, sentence);
    this.#known.clear();
  }

  #send(lookout: Lookout, nowMs: number): void {
    const moment = {
      ...lookout.look(nowMs),
      scores: { samples: this.#samples, percents: this.#percents },
    };
    this.#lines.push(JSON.stringify(moment));
    const message = this.#lines.join('\n');
    this.#lines = [];
    this.#samples = [];
    this.#percents = [];
    const introduction = (): string => lookout.introduction().join('\n');
    for (const [socket, link] of this.#known) {
      link.send(message, introduction);
      if (link.isGone) this.#known.delete(socket);
    }
  }
}
