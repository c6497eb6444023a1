// The agent behind which three models of Workers AI work: one writes down what the caller says, one answers, one speaks.

import * as v from 'valibot';
import type {
  Agent,
  AgentHost,
  Heard,
  SayTextOptions,
  TurnEnd,
  TurnStart,
} from '../../../core/conversation/agent.ts';
import type { AgentServices } from '../agent-services.ts';
import { Fallback } from '../vendor/fallback.ts';
import { DIALOGUE_SNAPSHOT, Dialogue } from './dialogue.ts';
import type { WorkersAiOptions } from './options.ts';

/** The agent port; what happens lies in the dialogue, which exists from `open` on where Workers AI does. */
export class WorkersAiAgent implements Agent {
  readonly name = 'workers-ai';
  readonly hears: 'turns' | 'everything';
  readonly #options: WorkersAiOptions;
  readonly #services: AgentServices;
  #dialogue: Dialogue | null = null;

  constructor(options: WorkersAiOptions, services: AgentServices) {
    this.#options = options;
    this.#services = services;
    this.hears = options.turnDetection === 'ours' ? 'turns' : 'everything';
  }

  get nextDeadlineMs(): number {
    return this.#dialogue?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
  }

  open(host: AgentHost, nowMs: number): void {
    const options = this.#options;
    const services = this.#services;
    if (services.ai !== null) {
      this.#dialogue = new Dialogue({ host, ai: services.ai, services, options }, nowMs);
      return;
    }
    // The binding was taken away since the conversation was created.
    new Fallback(options.fallback, services).unavailable(
      host,
      'agent-unavailable',
      'Workers AI is not bound to this service.',
    );
  }

  turnStarted(_start: TurnStart, nowMs: number): void {
    if (this.hears === 'turns') this.#dialogue?.turnStarted(nowMs);
  }

  audio(_fromSample: number, samples: Int16Array, nowMs: number): void {
    this.#dialogue?.audio(samples, nowMs);
  }

  turnEnded(_end: TurnEnd, nowMs: number): void {
    if (this.hears === 'turns') this.#dialogue?.turnEnded(nowMs);
  }

  text(text: string, nowMs: number): void {
    this.#dialogue?.text(text, nowMs);
  }

  sayText(text: string, { interruptible }: SayTextOptions, nowMs: number): void {
    this.#dialogue?.sayText(text, interruptible, nowMs);
  }

  userIdle(_idleMs: number, nowMs: number): void {
    this.#dialogue?.userIdle(nowMs);
  }

  interrupted(heard: Heard, nowMs: number): void {
    this.#dialogue?.heard(heard, nowMs);
  }

  completed(heard: Heard, nowMs: number): void {
    this.#dialogue?.heard(heard, nowMs);
  }

  tick(nowMs: number): void {
    this.#dialogue?.tick(nowMs);
  }

  save(): unknown {
    return this.#dialogue?.save() ?? null;
  }

  restore(state: unknown, nowMs: number): void {
    const saved = v.safeParse(DIALOGUE_SNAPSHOT, state);
    if (saved.success) this.#dialogue?.restore(saved.output, nowMs);
  }

  close(_reason: string): void {
    this.#dialogue?.close();
  }
}
