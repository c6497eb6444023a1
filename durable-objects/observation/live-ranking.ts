// The conversations that go on, worst first.

import type { LiveReport } from './live-report.ts';

/** A conversation that has not reported for this long is taken for gone: a crash tells nobody. */
const FORGOTTEN_MS = 10 * 60_000;

/** Conversations remembered at most; the one that reported longest ago goes first. */
const REMEMBERED_MAX = 10_000;

/** A conversation on the list. */
export interface LiveConversation extends LiveReport {
  /** When it reported last (Unix time in ms). */
  readonly reportedAtMs: number;
  /** How bad it was between its last two reports, and since it began: see docs/demo-page.md. */
  readonly trouble: number;
  readonly lifetimeTrouble: number;
}

/** In memory alone: when that is lost, the next reports fill the list again. */
export class LiveRanking {
  /** In the order of their last reports. */
  readonly #conversations = new Map<string, LiveConversation>();

  take(report: LiveReport, nowMs: number): void {
    const { conversation } = report;
    const before = this.#conversations.get(conversation);
    const lifetimeTrouble = troubleOf(report);
    const trouble = lifetimeTrouble - (before?.lifetimeTrouble ?? 0);
    this.#conversations.delete(conversation);
    this.#conversations.set(conversation, {
      ...report,
      reportedAtMs: nowMs,
      trouble: trouble + DEGRADED_TROUBLE[report.scoringLevel],
      lifetimeTrouble,
    });
    if (this.#conversations.size <= REMEMBERED_MAX) return;
    for (const oldest of this.#conversations.keys()) {
      this.#conversations.delete(oldest);
      break;
    }
  }

  remove(conversation: string): void {
    this.#conversations.delete(conversation);
  }

  /** The `limit` worst. */
  worst(limit: number, nowMs: number): LiveConversation[] {
    for (const [conversation, { reportedAtMs }] of this.#conversations) {
      if (nowMs - reportedAtMs <= FORGOTTEN_MS) break;
      this.#conversations.delete(conversation);
    }
    return [...this.#conversations.values()]
      .sort(
        (one, other) => other.trouble - one.trouble || other.lifetimeTrouble - one.lifetimeTrouble,
      )
      .slice(0, limit);
  }

  get size(): number {
    return this.#conversations.size;
  }
}

const DEGRADED_TROUBLE = { full: 0, queued: 1, energy: 10, skip: 50 } as const;

/** What was heard weighs most; what was carried, least. */
function troubleOf(report: LiveReport): number {
  const { underruns, concealedMs, overruns, gapEvents, windowsSkipped } = report;
  // Underruns count pulls of a few milliseconds each.
  const heard = underruns + concealedMs / 10;
  const lost = 20 * overruns + 10 * gapEvents + windowsSkipped;
  return Math.round(heard + lost + 2 * report.isolateLags + report.networkLags);
}
