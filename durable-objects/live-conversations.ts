// The Durable Object that knows which conversations go on: they tell it, a few times a minute.

import { DurableObject } from 'cloudflare:workers';
import { type LiveConversation, LiveRanking } from './observation/live-ranking.ts';
import type { LiveList, LiveReport } from './observation/live-report.ts';

/** There is one for a whole service. */
export const LIVE_LIST_NAME = 'all';

/** What the list answers. */
export interface LiveAnswer {
  readonly total: number;
  readonly conversations: readonly LiveConversation[];
}

/** It stores nothing: its list comes back within half a minute of losing it. */
export class LiveConversations extends DurableObject<Env> implements LiveList {
  readonly #ranking = new LiveRanking();

  async report(report: LiveReport): Promise<void> {
    this.#ranking.take(report, Date.now());
  }

  async end(conversation: string): Promise<void> {
    this.#ranking.remove(conversation);
  }

  worst(limit: number): LiveAnswer {
    const conversations = this.#ranking.worst(limit, Date.now());
    return { total: this.#ranking.size, conversations };
  }
}
