// The time between a question and its answer: how long it may take, what is heard meanwhile, and what when none comes.

import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import type { AgentServices } from '../agent-services.ts';
import { Fallback } from '../vendor/fallback.ts';
import { Filler } from '../vendor/filler.ts';
import type { GeminiLiveOptions } from './options.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class Waiting {
  readonly #host: AgentHost;
  readonly #timeoutMs: number;
  readonly #filler: Filler;
  readonly #fallback: Fallback;
  #answerByMs = NEVER;

  constructor(host: AgentHost, options: GeminiLiveOptions, services: AgentServices) {
    this.#host = host;
    this.#timeoutMs = options.answerTimeoutMs;
    this.#filler = new Filler(options.filler);
    this.#fallback = new Fallback(options.fallback, services);
  }

  nextDeadlineMs(isSpeaking: boolean): number {
    return Math.min(this.#answerByMs, isSpeaking ? NEVER : this.#filler.nextDeadlineMs);
  }

  /** True when the answer has not come in time. */
  tick(isSpeaking: boolean, nowMs: number): boolean {
    if (!isSpeaking) this.#filler.tick(this.#host, nowMs);
    if (nowMs < this.#answerByMs) return false;
    this.unavailable('agent-timeout', 'Gemini did not answer in time.');
    return true;
  }

  /** Something was asked of a model that is there. */
  asked(nowMs: number): void {
    this.#filler.stop();
    this.#answerByMs = nowMs + this.#timeoutMs;
  }

  /** A tool runs: it has its own time. */
  toolCalled(nowMs: number): void {
    this.#answerByMs = NEVER;
    this.#filler.wait(nowMs);
  }

  /** The model speaks. */
  begun(): void {
    this.stop();
    this.#fallback.recovered();
  }

  /** Nobody waits for anything. */
  stop(): void {
    this.#answerByMs = NEVER;
    this.#filler.stop();
  }

  /** No answer will come; the caller is told. */
  unavailable(code: string, sentence: string): void {
    this.stop();
    this.#fallback.unavailable(this.#host, code, sentence);
  }

  /** Whether an utterance was a sound or a sentence of this, and not of the model. */
  owns(heard: Heard, nowMs: number): boolean {
    return this.#filler.owns(heard, nowMs) || this.#fallback.owns(heard);
  }
}
