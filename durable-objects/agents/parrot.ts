// The default agent: says back what it heard, so that every part of a conversation is used without any vendor.

import * as v from 'valibot';
import type { Agent, AgentHost, Heard, TurnEnd, TurnStart } from '../../core/conversation/agent.ts';
import { AGENT_RATE_HZ } from '../../core/conversation/agent.ts';
import { TurnAudio } from './turn-audio.ts';

/** Longest turn that can be configured, with its pre-roll; the saved state stays below 2 MB. */
const CAPACITY_SAMPLES = 61 * AGENT_RATE_HZ;

const SAVED = v.object({
  startSample: v.pipe(v.number(), v.integer()),
  samples: v.instance(Int16Array),
});

export const PARROT_OPTIONS = v.strictObject({
  /** Whether the caller may cut the answer short. */
  interruptible: v.optional(v.boolean(), true),
});

export type ParrotOptions = v.InferOutput<typeof PARROT_OPTIONS>;

/** Answers each turn with its own words: pre-roll included, trailing silence left out. Typed text comes back as text. */
export class Parrot implements Agent {
  readonly name = 'parrot';
  readonly nextDeadlineMs = Number.POSITIVE_INFINITY;
  readonly #options: ParrotOptions;
  readonly #audio = new TurnAudio(CAPACITY_SAMPLES);
  #host: AgentHost | null = null;

  constructor(options: ParrotOptions) {
    this.#options = options;
  }

  open(host: AgentHost): void {
    this.#host = host;
  }

  /** What came before the turn is forgotten, except what a cut at the maximum length has left for this one. */
  turnStarted(start: TurnStart): void {
    this.#audio.dropBefore(start.startSample);
  }

  audio(fromSample: number, samples: Int16Array): void {
    this.#audio.append(fromSample, samples);
  }

  turnEnded(end: TurnEnd): void {
    const words = this.#audio.between(end.startSample, end.endSample);
    if (words.length > 0) this.#say(words);
    this.#audio.dropBefore(end.reason === 'maximum-length' ? end.endSample : this.#audio.endSample);
  }

  text(text: string): void {
    this.#host?.transcript('agent', text, true);
  }

  interrupted(_heard: Heard): void {}

  completed(_heard: Heard): void {}

  tick(_nowMs: number): void {}

  save(): unknown {
    return this.#audio.snapshot();
  }

  restore(state: unknown): void {
    const saved = v.safeParse(SAVED, state);
    if (saved.success) this.#audio.restore(saved.output);
  }

  close(_reason: string): void {}

  #say(words: Int16Array): void {
    const host = this.#host;
    if (host === null) return;
    const utterance = host.begin({ interruptible: this.#options.interruptible });
    host.say(utterance, words);
    host.end(utterance);
  }
}
