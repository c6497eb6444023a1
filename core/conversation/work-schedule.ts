// When windows that wait are scored, and with which scorer: the timer of one conversation's own work.

import { samplesToMs } from '../media/units.ts';
import { ArrivalDelay, type ArrivalDelaySnapshot } from '../voice/arrival-delay.ts';
import { SCORER_RATE_HZ } from '../voice/scorer.ts';
import {
  ScoringLevel,
  type ScoringLevelName,
  type ScoringLevelSnapshot,
} from '../voice/scoring-level.ts';
import type { VoiceActivity } from '../voice/voice-activity.ts';
import { WAITING_WINDOWS } from '../voice/window-scoring.ts';
import type { WorkLedger } from '../voice/work-ledger.ts';
import type { ServerMessage } from '../wire/messages.ts';
import type { ConversationConfig } from './config.ts';

const REASONS: Readonly<Record<ScoringLevelName, string>> = {
  full: 'Every window is scored as it comes.',
  queued: 'Windows wait to be scored: more came at once than may be computed at once.',
  energy:
    'The scorer that was chosen costs too much for now, or is away: loudness is measured instead.',
  skip: 'More windows wait than there is room for: the oldest count as missing.',
};

/** State of a schedule. */
export interface WorkScheduleSnapshot {
  readonly level?: ScoringLevelSnapshot | undefined;
  readonly arrivals?: ArrivalDelaySnapshot | undefined;
  readonly workAtMs?: number | undefined;
}

/** Nobody does another's work: what an event leaves undone is done by the same conversation's next one. */
export class WorkSchedule {
  readonly #voice: VoiceActivity;
  readonly #ledger: WorkLedger;
  readonly #level: ScoringLevel;
  readonly #arrivals = new ArrivalDelay();
  #workIntervalMs: number;
  #lateArrivalMs: number;
  #workAtMs = Number.POSITIVE_INFINITY;

  constructor(config: ConversationConfig, voice: VoiceActivity, ledger: WorkLedger) {
    this.#voice = voice;
    this.#ledger = ledger;
    this.#level = new ScoringLevel(config);
    this.#workIntervalMs = config.workIntervalMs;
    this.#lateArrivalMs = config.lateArrivalMs;
  }

  configure(config: ConversationConfig): void {
    this.#level.configure(config);
    this.#workIntervalMs = config.workIntervalMs;
    this.#lateArrivalMs = config.lateArrivalMs;
  }

  /** How well the caller is scored. */
  get level(): ScoringLevelName {
    return this.#level.name;
  }

  /** What a client is told of the level. */
  get message(): ServerMessage {
    return { type: 'degraded', level: this.level, reason: REASONS[this.level] };
  }

  /** When an event is wanted; Infinity when nothing waits and the level is what it is. */
  get nextDeadlineMs(): number {
    return Math.min(this.#workAtMs, this.#level.nextDeadlineMs);
  }

  /**
   * Audio has come whose first sample has this position. When it is late, more of it is likely to wait at the door, and frames go
   * first: this event scores nothing, as long as there is ample room for its windows to wait.
   */
  arrived(sample: number, nowMs: number): void {
    const lateMs = this.#arrivals.take(samplesToMs(sample, SCORER_RATE_HZ), nowMs);
    if (lateMs < this.#lateArrivalMs) return;
    if (this.#voice.waitingWindows < WAITING_WINDOWS / 2) this.#ledger.closeEvent();
  }

  /** The event has done what it could; true when the level has changed. */
  rest(nowMs: number): boolean {
    const hasChanged = this.#level.observe(this.#voice, this.#ledger.hasRoom, nowMs);
    this.#voice.preferEnergy(this.#level.isOverloaded);
    if (!this.#voice.hasWork) this.#workAtMs = Number.POSITIVE_INFINITY;
    else if (this.#workAtMs <= nowMs || this.#workAtMs === Number.POSITIVE_INFINITY)
      this.#workAtMs = nowMs + this.#workIntervalMs;
    return hasChanged;
  }

  snapshot(): WorkScheduleSnapshot {
    return {
      level: this.#level.snapshot(),
      arrivals: this.#arrivals.snapshot(),
      workAtMs: this.#workAtMs,
    };
  }

  restore(snapshot: WorkScheduleSnapshot): void {
    this.#level.restore(snapshot.level ?? {});
    this.#arrivals.restore(snapshot.arrivals ?? {});
    this.#workAtMs = snapshot.workAtMs ?? Number.POSITIVE_INFINITY;
  }
}
