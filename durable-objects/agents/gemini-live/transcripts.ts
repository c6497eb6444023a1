// The words of both sides as the vendor writes them down: in pieces, and not in the order of the turns.

import * as v from 'valibot';
import type { AgentHost } from '../../../core/conversation/agent.ts';
import type { Content } from './client-messages.ts';

/** What is kept for a session that has to begin anew. */
const HISTORY_MAX_CHARACTERS = 12_000;

const PARTIES = ['caller', 'agent'] as const;
type Party = (typeof PARTIES)[number];

export const TRANSCRIPTS_SNAPSHOT = v.object({
  caller: v.string(),
  agent: v.string(),
  history: v.array(v.object({ role: v.picklist(['user', 'model']), text: v.string() })),
});
export type TranscriptsSnapshot = v.InferOutput<typeof TRANSCRIPTS_SNAPSHOT>;

/** Pieces are shown as they grow, and become final at the next boundary between turns. */
export class Transcripts {
  readonly #host: AgentHost;
  #texts: Readonly<Record<Party, string>> = { caller: '', agent: '' };
  #history: readonly Content[] = [];
  #lastAnswer = '';

  constructor(host: AgentHost) {
    this.#host = host;
  }

  /** What the agent has said of its newest answer, as far as it is written down. */
  get answerText(): string {
    return this.#texts.agent.trim() || this.#lastAnswer;
  }

  /** What both sides have said, oldest first. */
  get history(): readonly Content[] {
    return this.#history;
  }

  take(party: Party, piece: string): void {
    const text = this.#texts[party] + piece;
    this.#texts = { ...this.#texts, [party]: text };
    this.#host.transcript(party, text.trim(), false);
  }

  /** One side has said what it had to say. */
  finish(party: Party): void {
    const text = this.#texts[party].trim();
    this.#texts = { ...this.#texts, [party]: '' };
    if (text === '') return;
    if (party === 'agent') this.#lastAnswer = text;
    this.#host.transcript(party, text, true);
    this.note({ role: party === 'caller' ? 'user' : 'model', text });
  }

  /** Another answer is asked for. */
  asked(): void {
    this.finishBoth();
    this.#lastAnswer = '';
  }

  finishBoth(): void {
    for (const party of PARTIES) this.finish(party);
  }

  /** Adds to the history what was not said aloud. */
  note(content: Content): void {
    const history = [...this.#history, content];
    let characters = history.reduce((sum, { text }) => sum + text.length, 0);
    while (characters > HISTORY_MAX_CHARACTERS && history.length > 1) {
      characters -= history.shift()!.text.length;
    }
    this.#history = history;
  }

  snapshot(): TranscriptsSnapshot {
    return { ...this.#texts, history: [...this.#history] };
  }

  restore({ caller, agent, history }: TranscriptsSnapshot): void {
    this.#texts = { caller, agent };
    this.#history = history;
  }
}
