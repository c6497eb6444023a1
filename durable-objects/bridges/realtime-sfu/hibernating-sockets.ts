// The SFU's two sockets on the platform: they sleep with their object, and bring the bridge's state back.

import * as v from 'valibot';
import { GuardedSocket } from '../../runtime/guarded-socket.ts';
import type { Link } from '../../runtime/link.ts';
import { newRealtimeState, RealtimeBridge, type RealtimeState } from './realtime-bridge.ts';

/** Tag of the agent's sockets among those of the object. */
export const AGENT_TAG = 'realtime-sfu-agent';

const BRIDGE = v.literal('realtime-sfu');

/** `egress` carries the caller's audio out of the SFU, `ingest` the agent's into it. */
const ATTACHMENT = v.variant('role', [
  v.object({
    bridge: BRIDGE,
    role: v.literal('egress'),
    state: v.custom<RealtimeState>((value) => typeof value === 'object' && value !== null),
  }),
  v.object({ bridge: BRIDGE, role: v.literal('ingest') }),
]);

/** The agent's socket is closed when another takes its place. */
const REPLACED = { code: 4409, sentence: 'The adapter has dialled again.' };

/** The socket that the agent's audio goes over. Nothing comes over it, and to the engine it is no connection. */
export class AgentSocket implements Link {
  readonly connection = 0;
  readonly resumeToken = null;
  readonly #guarded: GuardedSocket;
  readonly #lost: () => void;

  constructor(guarded: GuardedSocket, lost: () => void) {
    this.#guarded = guarded;
    this.#lost = lost;
  }

  received(): void {}

  /** The event goes on to the bridge, which asks for another. */
  left(): void {
    this.#lost();
  }

  answer(): void {}

  answerClose(code: number): void {
    this.#guarded.answerClose(code);
  }

  sendAudio(): void {}

  sendControl(): void {}

  close(code: number, sentence: string): void {
    this.#guarded.close(code, sentence);
  }
}

/** The sockets of one object, and the bridge between them. */
export class RealtimeSockets {
  readonly #ctx: Pick<DurableObjectState, 'getWebSockets'>;
  readonly #renew: () => void;
  /** Of the newest socket of the caller, which may have been cut off and come again. */
  #state: RealtimeState | null = null;
  /** Null when there is none, undefined before it was looked for. */
  #agent: GuardedSocket | null | undefined;
  readonly #lost = new WeakSet<WebSocket>();

  constructor(ctx: Pick<DurableObjectState, 'getWebSockets'>, renew: () => void) {
    this.#ctx = ctx;
    this.#renew = renew;
  }

  /** The bridge of a socket that was just opened; what an earlier one was doing goes on. */
  openEgress(socket: WebSocket, connection: number): RealtimeBridge {
    const stream = crypto.getRandomValues(new Uint32Array(1))[0]!;
    this.#state = { ...(this.#state ?? newRealtimeState(connection, stream)), connection };
    keep(socket, this.#state);
    return this.#bridge(socket, this.#state);
  }

  /** The agent's socket, in place of any before. */
  openIngest(socket: WebSocket): AgentSocket {
    this.#findAgent()?.close(REPLACED.code, REPLACED.sentence);
    socket.serializeAttachment({ bridge: BRIDGE.literal, role: 'ingest' });
    const guarded = new GuardedSocket(socket);
    this.#agent = guarded;
    return this.#agentSocket(socket, guarded);
  }

  /** The link of a socket that was accepted before; null when it is none of the SFU's. */
  of(socket: WebSocket): Link | null {
    const attachment = v.safeParse(ATTACHMENT, socket.deserializeAttachment());
    if (!attachment.success) return null;
    if (attachment.output.role === 'ingest')
      return this.#agentSocket(socket, new GuardedSocket(socket));
    this.#state = attachment.output.state;
    return this.#bridge(socket, attachment.output.state);
  }

  #agentSocket(socket: WebSocket, guarded: GuardedSocket): AgentSocket {
    return new AgentSocket(guarded, () => {
      this.#lost.add(socket);
      this.#agent = undefined;
    });
  }

  #findAgent(): GuardedSocket | null {
    if (this.#agent !== undefined) return this.#agent;
    const sockets = this.#ctx.getWebSockets(AGENT_TAG);
    const socket = sockets.findLast((each) => !this.#lost.has(each));
    this.#agent = socket === undefined ? null : new GuardedSocket(socket);
    return this.#agent;
  }

  #bridge(socket: WebSocket, state: RealtimeState): RealtimeBridge {
    const guarded = new GuardedSocket(socket);
    const { renew, findAgent } = { renew: this.#renew, findAgent: () => this.#findAgent() };
    return new RealtimeBridge(state, {
      get canSpeak() {
        return findAgent() !== null;
      },
      send: (message) => findAgent()?.send(message),
      renew,
      close: (code, sentence) => guarded.close(code, sentence),
      answerClose: (code) => guarded.answerClose(code),
      keep: (kept) => keep(socket, kept),
    });
  }
}

function keep(socket: WebSocket, state: RealtimeState): void {
  socket.serializeAttachment({ bridge: BRIDGE.literal, role: 'egress', state });
}
