// What a conversation tells the list of live conversations about itself, and how often.

import type { ConversationState } from '../../core/conversation/conversation-state.ts';

/** At most this often while anything goes on: two requests a minute for each call. */
const PERIOD_MS = 30_000;

/** A conversation on the list. Counts are lifetime counts. */
export interface LiveReport {
  readonly conversation: string;
  readonly agent: string;
  readonly connected: boolean;
  readonly scoringLevel: ConversationState['scoringLevel'];
  readonly turns: number;
  readonly underruns: number;
  readonly concealedMs: number;
  readonly roundTripMs: number | null;
  readonly networkLags: number;
  readonly isolateLags: number;
  readonly overruns: number;
  readonly gapEvents: number;
  readonly windowsSkipped: number;
}

/** Where reports go. */
export interface LiveList {
  report(report: LiveReport): Promise<void>;
  end(conversation: string): Promise<void>;
}

/** Reports inside the conversation's own events; without a list it does nothing, and a list that fails harms nobody. */
export class LiveReporter {
  readonly #list: LiveList | null;
  readonly #background: (name: string, work: Promise<void>) => void;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(list: LiveList | null, background: (name: string, work: Promise<void>) => void) {
    this.#list = list;
    this.#background = background;
  }

  /** An event is done; `state` is asked only when a report is due. */
  eventDone(nowMs: number, state: () => ConversationState): void {
    if (this.#list === null || this.#isOver || nowMs - this.#reportedAtMs < PERIOD_MS) return;
    this.#reportedAtMs = nowMs;
    this.#background('live-report', this.#list.report(reportOf(state())));
  }

  /** The conversation is over. */
  end(conversation: string): void {
    if (this.#list === null || this.#isOver) return;
    this.#isOver = true;
    this.#background('live-report', this.#list.end(conversation));
  }
}

function reportOf(state: ConversationState): LiveReport {
  const { id, agent, connected, scoringLevel, statistics } = state;
  return {
    conversation: id,
    agent,
    connected,
    scoringLevel,
    turns: statistics.turnsEnded,
    underruns: statistics.clientUnderruns,
    concealedMs: statistics.clientConcealedMs,
    roundTripMs: statistics.clientRoundTripMs,
    networkLags: statistics.networkLags,
    isolateLags: statistics.isolateLags,
    overruns: statistics.overruns,
    gapEvents: statistics.gapEvents,
    windowsSkipped: statistics.windowsSkipped,
  };
}
