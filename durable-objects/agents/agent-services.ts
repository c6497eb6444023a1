// What an agent may use of the platform: files, variables, sockets to the outside, and the developer's tools.

import type { OutgoingSocket, SocketListener, SocketRequest } from '../runtime/outgoing-socket.ts';
import type { WorkersAi } from '../runtime/workers-ai.ts';

/** Every callback runs inside an event of the conversation, whose time it is given. */
export interface AgentServices {
  /** The bundled static files. */
  readonly assets: Fetcher;
  /** The conversation's id. */
  readonly conversation: string;
  /** Runs what an agent does outside its own methods, such as after a fetch, as an event of its conversation. */
  readonly inEvent: (run: (nowMs: number) => void) => void;
  /** A secret or variable of the deployment by its name; null when it is not set. */
  readonly variable: (name: string) => string | null;
  /** Dials out; a socket that cannot be opened is `closed(1006, sentence)`. */
  readonly connect: (request: SocketRequest, listener: SocketListener) => OutgoingSocket;
  /** The models of Workers AI; null where no binding leads to them. */
  readonly ai: WorkersAi | null;
  /** Hands a call to the developer's tool; `done` is called once, also when no answer comes in time. */
  readonly callTool: (call: ToolCall, done: ToolDone) => void;
}

export type ToolDone = (outcome: ToolOutcome, nowMs: number) => void;

/** A call of one of the developer's tools. */
export interface ToolCall {
  /** The vendor's id of the call: the same for a call that is repeated because its memory was lost. */
  readonly callId: string;
  readonly name: string;
  /** As the model gave them; they follow the tool's `parameters` as well as the model does. */
  readonly args: unknown;
}

export type ToolOutcome =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly sentence: string };
