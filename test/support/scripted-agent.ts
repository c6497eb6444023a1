// An agent that notes what it is told and speaks when its test says so.

import type { Agent, AgentHost, Heard, TurnEnd, TurnStart } from '../../core/conversation/agent.ts';

/** What an agent was told, with the number of caller samples where there was audio. */
export type Told =
  | { readonly kind: 'turn-started'; readonly start: TurnStart }
  | { readonly kind: 'turn-ended'; readonly end: TurnEnd }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'interrupted'; readonly heard: Heard }
  | { readonly kind: 'completed'; readonly heard: Heard }
  | { readonly kind: 'closed'; readonly reason: string };

export interface ScriptedAgentOptions {
  /** Said at once when the agent is opened. */
  readonly greeting?: Int16Array | undefined;
  readonly interruptible?: boolean | undefined;
}

export class ScriptedAgent implements Agent {
  readonly name = 'scripted';
  readonly nextDeadlineMs = Number.POSITIVE_INFINITY;
  readonly told: Told[] = [];
  /** Caller audio as it came: position of each sample, and the sample. */
  readonly positions: number[] = [];
  readonly samples: number[] = [];
  readonly #options: ScriptedAgentOptions;
  #host: AgentHost | null = null;
  #wasOpenedBefore = false;

  constructor(options: ScriptedAgentOptions = {}) {
    this.#options = options;
  }

  get host(): AgentHost {
    if (this.#host === null) throw new Error('The agent was not opened.');
    return this.#host;
  }

  kinds(): string[] {
    return this.told.map(({ kind }) => kind);
  }

  open(host: AgentHost): void {
    this.#host = host;
    if (this.#options.greeting !== undefined && !this.#wasOpenedBefore)
      this.say(this.#options.greeting);
    this.#wasOpenedBefore = true;
  }

  /** Says one utterance as a whole. */
  say(samples: Int16Array): number {
    const utterance = this.host.begin({ interruptible: this.#options.interruptible ?? true });
    this.host.say(utterance, samples);
    this.host.end(utterance);
    return utterance;
  }

  turnStarted(start: TurnStart): void {
    this.told.push({ kind: 'turn-started', start });
  }

  audio(fromSample: number, samples: Int16Array): void {
    for (let index = 0; index < samples.length; index++) {
      this.positions.push(fromSample + index);
      this.samples.push(samples[index]!);
    }
  }

  turnEnded(end: TurnEnd): void {
    this.told.push({ kind: 'turn-ended', end });
  }

  text(text: string): void {
    this.told.push({ kind: 'text', text });
  }

  interrupted(heard: Heard): void {
    this.told.push({ kind: 'interrupted', heard });
  }

  completed(heard: Heard): void {
    this.told.push({ kind: 'completed', heard });
  }

  tick(): void {}

  save(): unknown {
    return { opened: true };
  }

  restore(): void {}

  close(reason: string): void {
    this.told.push({ kind: 'closed', reason });
  }
}
