// An agent that never stops talking: when it is interrupted or done, it begins anew.

import type { Agent, AgentHost, Heard } from '../../core/conversation/agent.ts';

/** It lets the caller finish before it goes on. */
const PAUSE_MS = 1500;

export class TalkativeAgent implements Agent {
  readonly name = 'talkative';
  nextDeadlineMs = 0;
  readonly interruptions: Heard[] = [];
  readonly #story: Int16Array;
  #host: AgentHost | null = null;

  constructor(story: Int16Array) {
    this.#story = story;
  }

  open(host: AgentHost): void {
    this.#host = host;
  }

  tick(_nowMs: number): void {
    if (this.#host === null) return;
    this.nextDeadlineMs = Number.POSITIVE_INFINITY;
    const utterance = this.#host.begin({ interruptible: true });
    this.#host.say(utterance, this.#story);
    this.#host.end(utterance);
  }

  interrupted(heard: Heard, nowMs: number): void {
    this.interruptions.push(heard);
    this.nextDeadlineMs = nowMs + PAUSE_MS;
  }

  completed(_heard: Heard, nowMs: number): void {
    this.nextDeadlineMs = nowMs;
  }

  turnStarted(): void {}
  audio(): void {}
  turnEnded(): void {}
  text(): void {}
  close(): void {}
  restore(): void {}

  save(): unknown {
    return null;
  }
}
