// The model's function calls: handed to the developer's tools, and their answers to the model, unless nobody wants them any more.

import type { AgentHost } from '../../../core/conversation/agent.ts';
import type { AgentServices, ToolOutcome } from '../agent-services.ts';
import type { FunctionOutput } from './client-messages.ts';
import type { FunctionCall } from './server-events.ts';

/** Called once for each call that is still wanted. */
export type ToolAnswered = (call: FunctionCall, output: FunctionOutput, nowMs: number) => void;

export class ToolDesk {
  readonly #host: AgentHost;
  readonly #services: AgentServices;
  readonly #answered: ToolAnswered;
  readonly #running = new Map<string, FunctionCall>();

  constructor(host: AgentHost, services: AgentServices, answered: ToolAnswered) {
    this.#host = host;
    this.#services = services;
    this.#answered = answered;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  call(calls: readonly FunctionCall[]): void {
    for (const call of calls) {
      this.#running.set(call.id, call);
      this.#host.tool(call.name, 'called');
      this.#services.callTool(
        { callId: call.id, name: call.name, args: call.args },
        (outcome, nowMs) => this.#done(call, outcome, nowMs),
      );
    }
  }

  /** The model does not want these answers any more: the caller said something else, or the line broke. */
  cancel(ids: readonly string[]): void {
    for (const id of ids) {
      const call = this.#running.get(id);
      this.#running.delete(id);
      if (call !== undefined) this.#host.tool(call.name, 'cancelled');
    }
  }

  cancelAll(): void {
    this.cancel([...this.#running.keys()]);
  }

  #done(call: FunctionCall, outcome: ToolOutcome, nowMs: number): void {
    // The same id may stand for another call by now: on a session that was resumed.
    if (this.#running.get(call.id) !== call) return;
    this.#running.delete(call.id);
    const isResult = outcome.kind === 'result';
    this.#host.tool(call.name, isResult ? 'answered' : 'failed');
    this.#answered(call, isResult ? { output: outcome.value } : { error: outcome.sentence }, nowMs);
  }
}
