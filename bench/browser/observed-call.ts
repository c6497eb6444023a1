// What the service itself notes of a call while it lasts: how turns were found out, and when reports came.

import { setTimeout as pause } from 'node:timers/promises';
import {
  OBSERVE_SUBPROTOCOL,
  SEEN_EVERY,
  SEEN_MESSAGE,
} from '../../core/observation/observed-line.ts';
import type { TimelineLine } from '../../core/recording/timeline-line.ts';

type Of<Type extends TimelineLine['type']> = Extract<TimelineLine, { type: Type }>;

/** Reports leave five times a second while something is played. */
const PERIOD_MS = 200;

/** Longest that the lines of what has happened may take. */
const BEHIND_MS = 500;

/** Looks on from outside, at the price that observers have. */
export class ObservedCall {
  readonly #socket: WebSocket;
  readonly #latencies = new Map<number, Of<'latency'>>();
  readonly #reportGapsMs: number[] = [];
  #lastReport: Of<'heard'> | null = null;
  #messages = 0;

  constructor(service: URL, conversation: string, token: string) {
    const url = new URL(`/v1/conversations/${conversation}/observe`, service);
    url.protocol = 'ws:';
    this.#socket = new WebSocket(url.href, [OBSERVE_SUBPROTOCOL, `bearer.${token}`]);
    this.#socket.addEventListener('message', ({ data }) => this.#take(String(data)));
    this.#socket.addEventListener('error', () => this.#socket.close());
  }

  /** How the answer to a turn came about, once it was heard. */
  latencyOf(turn: number): Of<'latency'> | undefined {
    return this.#latencies.get(turn);
  }

  /** Times between two reports while something was played. */
  get reportGapsMs(): readonly number[] {
    return this.#reportGapsMs;
  }

  /** Resolves when the last lines have come. */
  async close(): Promise<void> {
    await pause(BEHIND_MS);
    this.#socket.close();
  }

  #take(text: string): void {
    this.#messages++;
    if (this.#messages % SEEN_EVERY === 0) this.#socket.send(SEEN_MESSAGE);
    for (const line of text.split('\n')) if (line !== '') this.#line(JSON.parse(line));
  }

  #line(line: TimelineLine): void {
    if (line.type === 'latency') this.#latencies.set(line.turn, line);
    if (line.type !== 'heard' || line.cause !== 'report') return;
    const before = this.#lastReport;
    this.#lastReport = line;
    // It was playing then, and had more to play.
    const goesOn =
      before?.generation === line.generation &&
      before.playedSamples > 0 &&
      line.playedSamples > before.playedSamples &&
      (before.player?.bufferedMs ?? 0) > PERIOD_MS;
    if (before !== null && goesOn) this.#reportGapsMs.push(line.atMs - before.atMs);
  }
}
