// The agent behind which Google's Gemini Live API speaks: https://ai.google.dev/api/live.

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
import { Dialogue } from './dialogue.ts';
import type { GeminiLiveOptions } from './options.ts';
import { DIALOGUE_SNAPSHOT } from './saved.ts';

/** The agent port; what happens lies in the dialogue, which exists from `open` on. */
export class GeminiLive implements Agent {
  readonly name = 'gemini-live';
  readonly hears: 'turns' | 'everything';
  readonly #options: GeminiLiveOptions;
  readonly #services: AgentServices;
  #dialogue: Dialogue | null = null;

  constructor(options: GeminiLiveOptions, services: AgentServices) {
    this.#options = options;
    this.#services = services;
    this.hears = options.turnDetection === 'ours' ? 'turns' : 'everything';
  }

  get nextDeadlineMs(): number {
    return this.#dialogue?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
  }

  open(host: AgentHost, nowMs: number): void {
    this.#dialogue = new Dialogue(host, this.#options, this.#services, nowMs);
  }

  turnStarted(_start: TurnStart, nowMs: number): void {
    this.#dialogue?.turnStarted(nowMs);
  }

  audio(_fromSample: number, samples: Int16Array, nowMs: number): void {
    this.#dialogue?.audio(samples, nowMs);
  }

  turnEnded(_end: TurnEnd, nowMs: number): void {
    this.#dialogue?.turnEnded(nowMs);
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
    this.#dialogue?.interrupted(heard, nowMs);
  }

  completed(heard: Heard, nowMs: number): void {
    this.#dialogue?.completed(heard, nowMs);
  }

  tick(nowMs: number): void {
    this.#dialogue?.tick(nowMs);
  }

  stored(_nowMs: number): void {
    this.#dialogue?.stored();
  }

  save(): unknown {
    return this.#dialogue?.save() ?? null;
  }

  restore(state: unknown, _nowMs: number): void {
    const saved = v.safeParse(DIALOGUE_SNAPSHOT, state);
    if (saved.success) this.#dialogue?.restore(saved.output);
  }

  close(_reason: string): void {
    this.#dialogue?.close();
  }
}
