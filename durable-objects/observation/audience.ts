// Everybody who looks at a conversation from outside: its observers, and the list of live conversations.

import type { Conversation } from '../../core/conversation/conversation.ts';
import { OBSERVE_PATH, OBSERVE_SUBPROTOCOL } from '../../core/observation/observed-line.ts';
import type { Watch } from '../../core/observation/watch.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import { LIVE_LIST_NAME } from '../live-conversations.ts';
import type { LiveEngine } from '../live-engine.ts';
import { background } from '../runtime/background.ts';
import { refusedSocket } from '../runtime/refused-socket.ts';
import { type LiveList, LiveReporter } from './live-report.ts';
import { Observation } from './observation.ts';

/** Sees a conversation's events when their work is done, and never in its way. */
export class Audience {
  readonly #id: string;
  readonly #observation: Observation;
  readonly #reporter: LiveReporter;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#id = ctx.id.toString();
    this.#observation = new Observation(ctx);
    this.#reporter = new LiveReporter(liveList(env), (name, work) => background(ctx, name, work));
  }

  get watch(): Watch {
    return this.#observation;
  }

  /** Answers an observer's upgrade, as the Worker has admitted it; null for a request that is none. */
  answer(request: Request, live: LiveEngine): Response | null {
    if (!new URL(request.url).pathname.endsWith(OBSERVE_PATH)) return null;
    if (live.current !== null && !live.isOver) return this.#observation.accept();
    const { code, sentence } = CLOSE_CODES[live.isOver ? 'ended' : 'unknown-conversation'];
    return refusedSocket(code, sentence, OBSERVE_SUBPROTOCOL);
  }

  /** Takes a message when it is an observer's; false when the socket is a client's. */
  message(socket: WebSocket, message: string | ArrayBuffer): boolean {
    return this.#observation.message(socket, message);
  }

  /** Takes the end of a socket when it is an observer's. */
  closed(socket: WebSocket): boolean {
    return this.#observation.closed(socket);
  }

  /** An event has done all that follows from it; `isResting` when no other may follow soon. */
  eventDone(engine: Conversation, nowMs: number, isResting: boolean): void {
    this.#observation.eventDone(nowMs, isResting);
    this.#reporter.eventDone(nowMs, () => engine.state(nowMs));
  }

  /** The conversation is over; may be called again. */
  over(nowMs: number): void {
    this.#observation.end(nowMs);
    this.#reporter.end(this.#id);
  }
}

/** The service's list; null where the operator has left its binding out. */
function liveList(env: Env): LiveList | null {
  const namespace: Env['LIVE_CONVERSATIONS'] | undefined = env.LIVE_CONVERSATIONS;
  return namespace?.get(namespace.idFromName(LIVE_LIST_NAME)) ?? null;
}
