// How well a stream is scored, from full to skip, and whether its scorer is too expensive for now.

import type { ConversationConfig } from '../conversation/config.ts';
import { samplesToMs } from '../media/units.ts';
import { SCORER_RATE_HZ } from './scorer.ts';
import type { VoiceActivity } from './voice-activity.ts';

/** From best to worst. */
export const SCORING_LEVELS = ['full', 'queued', 'energy', 'skip'] as const;
export type ScoringLevelName = (typeof SCORING_LEVELS)[number];

const FULL = SCORING_LEVELS.indexOf('full');
const QUEUED = SCORING_LEVELS.indexOf('queued');
const ENERGY = SCORING_LEVELS.indexOf('energy');
const SKIP = SCORING_LEVELS.indexOf('skip');

/** Audio that comes this much faster than the clock was held up or is sent again: that it waits shows no overload. */
const BURST = 1.25;

/** What can be seen of a stream at the end of an event. */
export type ScoringLoad = Pick<
  VoiceActivity,
  'position' | 'waitingWindows' | 'counters' | 'scorers'
>;

/** State of a level. */
export interface ScoringLevelSnapshot {
  readonly level?: ScoringLevelName | undefined;
  readonly worstAtMs?: number | undefined;
  readonly isBetter?: boolean | undefined;
  readonly isOverloaded?: boolean | undefined;
  readonly markMs?: number | undefined;
  readonly markPosition?: number | undefined;
  readonly markWindows?: number | undefined;
  readonly crampedAtMs?: number | undefined;
  readonly windowsSkipped?: number | undefined;
  readonly windowsByEnergy?: number | undefined;
}

/** Goes by what production can see: what waits at the end of an event, media time against the clock, and the ledger. */
export class ScoringLevel {
  #config: ConversationConfig;
  #level = FULL;
  /** When the stream was last no better off than its level says. */
  #worstAtMs = 0;
  #isBetter = false;
  #isOverloaded = false;
  /** Beginning of the stretch of time over which waiting windows are compared. */
  #markMs = 0;
  #markPosition = 0;
  #markWindows = 0;
  /** When the isolate last had no work to give away. */
  #crampedAtMs = 0;
  #windowsSkipped = 0;
  #windowsByEnergy = 0;

  constructor(config: ConversationConfig) {
    this.#config = config;
  }

  configure(config: ConversationConfig): void {
    this.#config = config;
  }

  get name(): ScoringLevelName {
    return SCORING_LEVELS[this.#level]!;
  }

  /** The scorer that was chosen costs more than there is. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** When a level that was better lasts long enough to be told; Infinity when the level is what it is. */
  get nextDeadlineMs(): number {
    return this.#isBetter ? this.#worstAtMs + this.#config.recoveryMs : Number.POSITIVE_INFINITY;
  }

  /**
   * Takes what can be seen at the end of an event, and whether the isolate has work to give away; true when the level has
   * changed. A worse level holds at once.
   */
  observe(load: ScoringLoad, hasRoom: boolean, nowMs: number): boolean {
    if (!hasRoom) this.#crampedAtMs = nowMs;
    this.#judgeOverload(load, nowMs);
    const level = this.#levelOf(load);
    this.#windowsSkipped = load.counters.windowsSkipped;
    this.#windowsByEnergy = load.counters.windowsByEnergy;
    this.#isBetter = level < this.#level;
    if (!this.#isBetter) this.#worstAtMs = nowMs;
    if (this.#isBetter && nowMs < this.nextDeadlineMs) return false;
    this.#isBetter = false;
    if (level === this.#level) return false;
    this.#level = level;
    this.#worstAtMs = nowMs;
    return true;
  }

  snapshot(): ScoringLevelSnapshot {
    return {
      level: this.name,
      worstAtMs: this.#worstAtMs,
      isBetter: this.#isBetter,
      isOverloaded: this.#isOverloaded,
      markMs: this.#markMs,
      markPosition: this.#markPosition,
      markWindows: this.#markWindows,
      crampedAtMs: this.#crampedAtMs,
      windowsSkipped: this.#windowsSkipped,
      windowsByEnergy: this.#windowsByEnergy,
    };
  }

  restore(snapshot: ScoringLevelSnapshot): void {
    this.#level = SCORING_LEVELS.indexOf(snapshot.level ?? 'full');
    this.#worstAtMs = snapshot.worstAtMs ?? 0;
    this.#isBetter = snapshot.isBetter ?? false;
    this.#isOverloaded = snapshot.isOverloaded ?? false;
    this.#markMs = snapshot.markMs ?? 0;
    this.#markPosition = snapshot.markPosition ?? 0;
    this.#markWindows = snapshot.markWindows ?? 0;
    this.#crampedAtMs = snapshot.crampedAtMs ?? 0;
    this.#windowsSkipped = snapshot.windowsSkipped ?? 0;
    this.#windowsByEnergy = snapshot.windowsByEnergy ?? 0;
  }

  #levelOf(load: ScoringLoad): number {
    if (load.counters.windowsSkipped > this.#windowsSkipped) return SKIP;
    if (load.scorers.role === 'energy') return ENERGY;
    if (load.counters.windowsByEnergy > this.#windowsByEnergy) return ENERGY;
    return load.waitingWindows > 0 ? QUEUED : FULL;
  }

  /**
   * Overload is when windows have waited all through `overloadMs`, at its end no fewer than at its beginning, though audio
   * came no faster than time. It is over when for `recoveryMs` the ledger had room.
   */
  #judgeOverload(load: ScoringLoad, nowMs: number): void {
    const hasWaited = load.waitingWindows > 0;
    const elapsedMs = nowMs - this.#markMs;
    if (hasWaited && elapsedMs < this.#config.overloadMs) return;
    if (hasWaited && this.#markWindows > 0) {
      const arrivedMs = samplesToMs(load.position - this.#markPosition, SCORER_RATE_HZ);
      const isBurst = arrivedMs > BURST * elapsedMs;
      if (!isBurst && load.waitingWindows >= this.#markWindows) this.#isOverloaded = true;
    }
    const isCalm = nowMs - this.#crampedAtMs >= this.#config.recoveryMs;
    if (isCalm) this.#isOverloaded = false;
    this.#markMs = nowMs;
    this.#markPosition = load.position;
    this.#markWindows = load.waitingWindows;
  }
}
