// The model's calls of the developer's tools: each is handed on once, and its answer goes into the history.

import type { AgentHost } from '../../../core/conversation/agent.ts';
import type { AgentServices, ToolOutcome } from '../agent-services.ts';
import type { HistoryCall } from './history.ts';

export class ToolDesk {
  readonly #host: AgentHost;
  readonly #callTool: AgentServices['callTool'];
  readonly #answered: (nowMs: number) => void;
  readonly #running = new Set<HistoryCall>();

  /** `answered` is called when the last of the calls that run has its answer. */
  constructor(
    host: AgentHost,
    services: Pick<AgentServices, 'callTool'>,
    answered: (nowMs: number) => void,
  ) {
    this.#host = host;
    this.#callTool = services.callTool;
    this.#answered = answered;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  call(call: HistoryCall): void {
    this.#host.tool(call.name, 'called');
    this.repeat(call);
  }

  /** The memory was lost since the call was made: it is made again, under the same id. */
  repeat(call: HistoryCall): void {
    this.#running.add(call);
    const { id: callId, name } = call;
    this.#callTool({ callId, name, args: argumentsOf(call) }, (outcome, nowMs) =>
      this.#came(call, outcome, nowMs),
    );
  }

  #came(call: HistoryCall, outcome: ToolOutcome, nowMs: number): void {
    if (!this.#running.delete(call)) return;
    const isResult = outcome.kind === 'result';
    this.#host.tool(call.name, isResult ? 'answered' : 'failed');
    const value = isResult ? outcome.value : { error: outcome.sentence };
    call.output = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    if (!this.isRunning) this.#answered(nowMs);
  }
}

/** A model may write what is no JSON; the tool gets it as it is. */
function argumentsOf({ args }: HistoryCall): unknown {
  try {
    return JSON.parse(args === '' ? '{}' : args);
  } catch {
    return args;
  }
}
