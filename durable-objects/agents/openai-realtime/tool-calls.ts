// The model's calls of the developer's tools, from the vendor to the hook and back.

import * as v from 'valibot';
import type { AgentHost } from '../../../core/conversation/agent.ts';
import type { AgentServices, ToolOutcome } from '../agent-services.ts';
import type { SendEvent } from './client-event.ts';
import type { History } from './history.ts';

const CALL = v.object({ callId: v.string(), name: v.string(), args: v.string() });
type Call = v.InferOutput<typeof CALL>;

export const TOOL_CALLS_SNAPSHOT = v.array(CALL);

export interface ToolCallsPorts {
  readonly host: () => AgentHost;
  readonly services: AgentServices;
  readonly history: History;
  readonly send: SendEvent;
  /** The last of the calls has been answered. */
  readonly answered: (nowMs: number) => void;
}

/** Calls are made as soon as the model has given all of one; results go to the vendor as they come. */
export class ToolCalls {
  readonly #ports: ToolCallsPorts;
  readonly #pending = new Map<string, Call>();

  constructor(ports: ToolCallsPorts) {
    this.#ports = ports;
  }

  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  /** The model calls a tool. */
  called(call: Call): void {
    if (this.#pending.has(call.callId)) return;
    const { history, host } = this.#ports;
    history.called(call.callId, call.name, call.args);
    host().tool(call.name, 'called');
    this.#pending.set(call.callId, call);
    this.#make(call);
  }

  /** The memory was lost since the calls were made, and perhaps their answers with it: they are made again, under the same ids. */
  repeat(): void {
    for (const call of this.#pending.values()) this.#make(call);
  }

  snapshot(): Call[] {
    return [...this.#pending.values()];
  }

  restore(calls: readonly Call[]): void {
    for (const call of calls) this.#pending.set(call.callId, call);
  }

  #make(call: Call): void {
    const { callId, name } = call;
    this.#ports.services.callTool({ callId, name, args: argumentsOf(call) }, (outcome, nowMs) =>
      this.#came(call, outcome, nowMs),
    );
  }

  #came({ callId, name }: Call, outcome: ToolOutcome, nowMs: number): void {
    if (!this.#pending.delete(callId)) return;
    const { answered, history, host, send } = this.#ports;
    const isResult = outcome.kind === 'result';
    host().tool(name, isResult ? 'answered' : 'failed');
    const value = isResult ? outcome.value : { error: outcome.sentence };
    const output = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    send({ type: 'conversation.item.create', item: history.answered(callId, output) });
    if (!this.isWaiting) answered(nowMs);
  }
}

/** A model may write what is no JSON; the tool gets it as it is. */
function argumentsOf({ args }: Call): unknown {
  try {
    return JSON.parse(args === '' ? '{}' : args);
  } catch {
    return args;
  }
}
