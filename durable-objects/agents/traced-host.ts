// Remembers the faults of the conversation itself, so that they are not taken for faults of the agent that it serves.

import type {
  AgentHost,
  SayOutcome,
  ToolState,
  UsageReport,
} from '../../core/conversation/agent.ts';

/** Passes every call on, and knows afterwards which faults came from behind it. */
export class TracedHost implements AgentHost {
  readonly #host: AgentHost;
  #lastFault: unknown = null;

  constructor(host: AgentHost) {
    this.#host = host;
  }

  /** Whether this fault was thrown by the conversation and not by the agent. */
  hasThrown(fault: unknown): boolean {
    return fault !== null && fault === this.#lastFault;
  }

  begin(options: { readonly interruptible: boolean }): number {
    return this.#trace(() => this.#host.begin(options));
  }

  say(utterance: number, samples: Int16Array): SayOutcome {
    return this.#trace(() => this.#host.say(utterance, samples));
  }

  end(utterance: number): void {
    this.#trace(() => this.#host.end(utterance));
  }

  interrupt(): void {
    this.#trace(() => this.#host.interrupt());
  }

  transcript(party: 'caller' | 'agent', text: string, final: boolean): void {
    this.#trace(() => this.#host.transcript(party, text, final));
  }

  fail(code: string, sentence: string): void {
    this.#trace(() => this.#host.fail(code, sentence));
  }

  hangUp(reason: string): void {
    this.#trace(() => this.#host.hangUp(reason));
  }

  transfer(destination: string): void {
    this.#trace(() => this.#host.transfer(destination));
  }

  usage(report: UsageReport): void {
    this.#trace(() => this.#host.usage(report));
  }

  tool(name: string, state: ToolState): void {
    this.#trace(() => this.#host.tool(name, state));
  }

  #trace<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (fault) {
      this.#lastFault = fault;
      throw fault;
    }
  }
}
