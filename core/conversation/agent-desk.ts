// The conversation as its agent sees it: the agent port's host, in terms of the downlink and of messages to the caller.

import type { Downlink } from '../playout/downlink.ts';
import {
  NAME_MAX_CHARACTERS,
  SENTENCE_MAX_CHARACTERS,
  TEXT_MAX_CHARACTERS,
} from '../wire/limits.ts';
import type { AgentHost, SayOutcome, ToolState, UsageReport } from './agent.ts';
import type { Chronicle } from './chronicle.ts';
import type { ClientSide } from './client-side.ts';
import { UsageTotal } from './usage-total.ts';

/** State of a desk. */
export interface AgentDeskSnapshot {
  readonly usage?: UsageReport | undefined;
}

/** Serves one agent, whose texts are cut to what a message may hold; the conversation sets the time of each event before the agent runs. */
export class AgentDesk implements AgentHost {
  readonly #downlink: Downlink;
  readonly #client: ClientSide;
  readonly #drain: (reason: string, transfer?: string) => void;
  readonly #committed: () => void;
  readonly #chronicle: Chronicle;
  readonly #usage = new UsageTotal();
  #eventMs = 0;

  /** `drain` ends the conversation after the last word was heard; `committed` has the state stored. */
  constructor(
    downlink: Downlink,
    client: ClientSide,
    drain: (reason: string, transfer?: string) => void,
    committed: () => void,
    chronicle: Chronicle,
  ) {
    this.#chronicle = chronicle;
    this.#downlink = downlink;
    this.#client = client;
    this.#drain = drain;
    this.#committed = committed;
  }

  /** An event begins; everything that the agent asks during it happens at this time. */
  enter(nowMs: number): void {
    this.#eventMs = nowMs;
  }

  /** When the event began that is running. */
  get eventMs(): number {
    return this.#eventMs;
  }

  begin(options: { readonly interruptible: boolean }): number {
    return this.#downlink.begin(options.interruptible);
  }

  say(utterance: number, samples: Int16Array): SayOutcome {
    const outcome = this.#downlink.say(utterance, samples);
    if (outcome === 'accepted') this.#chronicle.said(utterance);
    return outcome;
  }

  end(utterance: number): void {
    this.#downlink.end(utterance);
  }

  interrupt(): void {
    this.#downlink.interrupt(this.#eventMs);
    // What was cleared would be said again by a memory that knows nothing of it.
    this.#committed();
  }

  transcript(party: 'caller' | 'agent', text: string, final: boolean): void {
    const clipped = text.slice(0, TEXT_MAX_CHARACTERS);
    this.#client.post({ type: 'transcript', party, text: clipped, final });
  }

  fail(code: string, sentence: string): void {
    this.#client.post({
      type: 'error',
      code: code.slice(0, NAME_MAX_CHARACTERS),
      sentence: sentence.slice(0, SENTENCE_MAX_CHARACTERS),
    });
  }

  hangUp(reason: string): void {
    this.#drain(reason);
  }

  transfer(destination: string): void {
    const clipped = destination.slice(0, NAME_MAX_CHARACTERS);
    this.#chronicle.agentNote({ type: 'transfer', destination: clipped });
    this.#drain('The agent hands the caller on.', clipped);
  }

  usage(report: UsageReport): void {
    this.#chronicle.agentNote({ type: 'usage', amounts: this.#usage.add(report) });
  }

  tool(name: string, state: ToolState): void {
    this.#chronicle.agentNote({ type: 'tool', name: name.slice(0, NAME_MAX_CHARACTERS), state });
  }

  /** What all answers have cost. */
  get usageSoFar(): UsageReport {
    return this.#usage.sums;
  }

  snapshot(): AgentDeskSnapshot {
    return { usage: this.#usage.sums };
  }

  restore(snapshot: AgentDeskSnapshot): void {
    this.#usage.restore(snapshot.usage ?? {});
  }
}
