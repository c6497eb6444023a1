// How late this isolate is: one histogram for all conversations in it, and a warning that names what was running.

import { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import type { LagSummary } from '../../core/conversation/ports.ts';
import { logNotice } from './log.ts';
import { RecentEvents } from './recent-events.ts';

/** Longest lag without a warning, where the operator has not set ISOCHRON_LAG_WARNING_MS: half a frame. */
const DEFAULT_WARNING_MS = 10;

/** At most one warning in this time; the next one says how many there would have been. */
const WARNING_INTERVAL_MS = 1000;

/** Nothing is allocated after construction but warnings and summaries. */
export class IsolateLag {
  readonly #lags = new DurationHistogram();
  readonly #events = new RecentEvents();
  #warnings = 0;
  #unsaid = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  /** All lags so far. */
  get summary(): LagSummary {
    return {
      p50Ms: this.#lags.quantile(0.5),
      p99Ms: this.#lags.quantile(0.99),
      maxMs: this.#lags.max,
      warnings: this.#warnings,
    };
  }

  /** Work of this kind begins; it is what runs until the next call. */
  began(kind: string, conversation: string, nowMs: number): void {
    this.#events.began(kind, conversation, nowMs);
  }

  /** A timer fired this much after its deadline. What ran when the deadline passed kept it waiting. */
  timerLate(lateMs: number, deadlineMs: number, warningMs: number): void {
    this.#lags.add(lateMs);
    if (lateMs <= warningMs) return;
    const running = this.#events.runningAt(deadlineMs);
    const { kind, conversation } = running ?? { kind: null, conversation: null };
    this.#warn(
      { lagMs: lateMs, seenBy: 'timer', running: kind, conversation },
      deadlineMs + lateMs,
    );
  }

  /** A client has placed a lag in this isolate; what ran then cannot be known any more. */
  clientLag(lagMs: number, conversation: string, nowMs: number, warningMs: number): void {
    this.#lags.add(lagMs);
    if (lagMs <= warningMs) return;
    this.#warn({ lagMs, seenBy: 'client', running: null, conversation }, nowMs);
  }

  #warn(fields: Readonly<Record<string, string | number | null>>, nowMs: number): void {
    this.#warnings++;
    if (nowMs < this.#quietUntilMs) {
      this.#unsaid++;
      return;
    }
    logNotice('isolate-lag', { ...fields, unsaid: this.#unsaid });
    this.#unsaid = 0;
    this.#quietUntilMs = nowMs + WARNING_INTERVAL_MS;
  }
}

/** The lag of the isolate that this module was loaded into. */
export const isolateLag = new IsolateLag();

/** The operator's ISOCHRON_LAG_WARNING_MS. Throws RangeError with a sentence when it is no duration. */
export function lagWarningMs(env: object): number {
  const { ISOCHRON_LAG_WARNING_MS: text } = env as { ISOCHRON_LAG_WARNING_MS?: unknown };
  if (text === undefined || text === '') return DEFAULT_WARNING_MS;
  const warningMs = Number(text);
  if (typeof text === 'string' && warningMs > 0) return warningMs;
  throw new RangeError(
    `"ISOCHRON_LAG_WARNING_MS" must be a number of milliseconds above 0, received ${JSON.stringify(text)}.`,
  );
}
