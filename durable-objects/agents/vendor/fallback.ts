// What the caller hears when the vendor behind an agent cannot be had: a bundled sentence, or nothing but an event.

import * as v from 'valibot';
import { AGENT_RATE_HZ, type AgentHost, type Heard } from '../../../core/conversation/agent.ts';
import { readWave } from '../../runtime/wave.ts';
import type { AgentServices } from '../agent-services.ts';

/** An option of every agent with a vendor behind it. */
export const FALLBACK_OPTION = v.optional(v.picklist(['spoken', 'silent']), 'spoken');
export type FallbackKind = v.InferOutput<typeof FALLBACK_OPTION>;

/** Only the path matters to the static files' binding. */
const SENTENCE_URL = 'https://assets.invalid/unavailable.wav';

/** Shared by the isolate; the promise is not, because an object that dies in mid-fetch must leave no other waiting. */
let bundledSentence: Int16Array | null = null;

/** Tells an outage once: `recovered` begins the next. Its utterance is nobody's answer, so its endings go no further. */
export class Fallback {
  readonly #kind: FallbackKind;
  readonly #services: Pick<AgentServices, 'assets' | 'inEvent'>;
  #isTold = false;
  readonly #utterances = new Set<number>();

  constructor(kind: FallbackKind, services: Pick<AgentServices, 'assets' | 'inEvent'>) {
    this.#kind = kind;
    this.#services = services;
  }

  /** The vendor cannot be had: the client gets an `error` with this code and sentence, the caller the bundled words. */
  unavailable(host: AgentHost, code: string, sentence: string): void {
    if (this.#isTold) return;
    this.#isTold = true;
    host.fail(code, sentence);
    if (this.#kind === 'spoken') this.#speak(host);
  }

  /** The vendor is there again. */
  recovered(): void {
    this.#isTold = false;
  }

  /** Whether the utterance that has ended was one of its own; the agent knows nothing of those. */
  owns({ utterance }: Heard): boolean {
    return this.#utterances.delete(utterance);
  }

  #speak(host: AgentHost): void {
    loadSentence(this.#services.assets).then(
      (samples) =>
        this.#services.inEvent(() => {
          if (!this.#isTold) return;
          const utterance = host.begin({ interruptible: true });
          this.#utterances.add(utterance);
          host.say(utterance, samples);
          host.end(utterance);
        }),
      // The event has told of the outage; words that cannot be loaded are only missing.
      () => {},
    );
  }
}

async function loadSentence(assets: Fetcher): Promise<Int16Array> {
  if (bundledSentence !== null) return bundledSentence;
  const response = await assets.fetch(SENTENCE_URL);
  if (!response.ok) throw new Error(`The sentence answered with status ${response.status}.`);
  bundledSentence = readWave(await response.arrayBuffer(), AGENT_RATE_HZ);
  return bundledSentence;
}
