// A timer that does nothing but be late: shows how long a conversation's isolate kept everything waiting.

import type { LagPort, LagSummary } from '../../core/conversation/ports.ts';
import type { IsolateLag } from './isolate-lag.ts';

/** One frame: what is shorter harms no audio. The client's attribution counts on it (its HIDDEN_STANDSTILL_MS). */
const PERIOD_MS = 20;

/** Goes on for this long after the last message, so that jitter does not stop it, and then holds no timer. */
const GRACE_MS = 100;

export interface LagCanaryOptions {
  readonly isolate: IsolateLag;
  readonly conversation: string;
  /** Longest lag without a warning. */
  readonly warningMs: number;
  /** The clock of the runtime, in ms. */
  readonly now: () => number;
  readonly startTimer: (run: () => void, delayMs: number) => void;
}

/**
 * One for each conversation, pending while messages come. Where the clock goes on during computation, the timer's
 * lateness is the isolate's lag. In a deployed Worker it never is: the callback's clock equals its deadline. There the
 * pending timer holds back the clock of the messages that waited, and that is what the client sees.
 */
export class LagCanary implements LagPort {
  readonly #options: LagCanaryOptions;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #quietAtMs = Number.NEGATIVE_INFINITY;
  #lateMs = 0;

  constructor(options: LagCanaryOptions) {
    this.#options = options;
  }

  get lagSummary(): LagSummary {
    return this.#options.isolate.summary;
  }

  /** An event of the conversation begins. */
  began(kind: string, nowMs: number): void {
    this.#options.isolate.began(kind, this.#options.conversation, nowMs);
    // Messages may overtake a timer that is overdue.
    if (nowMs > this.#deadlineMs) this.#lateMs = Math.max(this.#lateMs, nowMs - this.#deadlineMs);
  }

  /** A message came: the timer is pending for as long as others may follow. */
  awake(nowMs: number): void {
    this.#quietAtMs = nowMs + GRACE_MS;
    if (this.#deadlineMs === Number.POSITIVE_INFINITY) this.#start(nowMs);
  }

  takeLateMs(): number {
    const lateMs = this.#lateMs;
    this.#lateMs = 0;
    return lateMs;
  }

  clientLag(lagMs: number): void {
    const { isolate, conversation, now, warningMs } = this.#options;
    isolate.clientLag(lagMs, conversation, now(), warningMs);
  }

  #start(nowMs: number): void {
    this.#deadlineMs = nowMs + PERIOD_MS;
    this.#options.startTimer(() => this.#fired(), PERIOD_MS);
  }

  #fired(): void {
    const { isolate, now, warningMs } = this.#options;
    const nowMs = now();
    const lateMs = Math.max(0, nowMs - this.#deadlineMs);
    this.#lateMs = Math.max(this.#lateMs, lateMs);
    isolate.timerLate(lateMs, this.#deadlineMs, warningMs);
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    if (nowMs < this.#quietAtMs) this.#start(nowMs);
  }
}
