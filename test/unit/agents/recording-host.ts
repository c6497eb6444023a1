// An agent's host that writes down what the agent asks for.

import type {
  AgentHost,
  SayOutcome,
  ToolState,
  UsageReport,
} from '../../../core/conversation/agent.ts';

/** One utterance as it was given. */
export interface RecordedUtterance {
  readonly number: number;
  readonly interruptible: boolean;
  readonly samples: number[];
  /** Length of each `say`. */
  readonly bursts: number[];
  open: boolean;
}

export class RecordingHost implements AgentHost {
  readonly utterances: RecordedUtterance[] = [];
  readonly transcripts: string[] = [];
  readonly failures: string[] = [];
  readonly hangUps: string[] = [];
  readonly transfers: string[] = [];
  readonly usages: UsageReport[] = [];
  readonly tools: string[] = [];
  /** What `say` answers. */
  outcome: SayOutcome = 'accepted';

  begin({ interruptible }: { readonly interruptible: boolean }): number {
    const number = this.utterances.length + 1;
    this.utterances.push({ number, interruptible, samples: [], bursts: [], open: true });
    return number;
  }

  say(utterance: number, samples: Int16Array): SayOutcome {
    const recorded = this.at(utterance);
    if (!recorded.open) return 'closed';
    if (this.outcome !== 'accepted') return this.outcome;
    for (const sample of samples) recorded.samples.push(sample);
    recorded.bursts.push(samples.length);
    return 'accepted';
  }

  end(utterance: number): void {
    this.at(utterance).open = false;
  }

  interrupt(): void {
    for (const utterance of this.utterances) utterance.open = false;
  }

  transcript(party: 'caller' | 'agent', text: string): void {
    this.transcripts.push(`${party}: ${text}`);
  }

  fail(code: string): void {
    this.failures.push(code);
  }

  hangUp(reason: string): void {
    this.hangUps.push(reason);
  }

  transfer(destination: string): void {
    this.transfers.push(destination);
  }

  usage(report: UsageReport): void {
    this.usages.push(report);
  }

  tool(name: string, state: ToolState): void {
    this.tools.push(`${name}: ${state}`);
  }

  at(utterance: number): RecordedUtterance {
    const found = this.utterances[utterance - 1];
    if (found === undefined) throw new Error(`There is no utterance ${utterance}.`);
    return found;
  }
}
