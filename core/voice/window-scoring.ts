// Has a stream's windows scored in order and within the budget; what it does not allow now waits in its place.

import type { ConversationConfig } from '../conversation/config.ts';
import type { SampleRing } from '../media/sample-ring.ts';
import { addBandImage } from './band-image.ts';
import { createEnergyScorer } from './energy-scorer.ts';
import { type PendingStretch, PendingWindows, type StretchKind } from './pending-windows.ts';
import { type ScorerFactory, WINDOW_SAMPLES } from './scorer.ts';
import { ScorerPair, type ScorerPairSnapshot } from './scorer-pair.ts';
import type { WorkBudget } from './work-ledger.ts';

/** Most windows of a stream that wait for the budget (4.1 s). A power of two. */
export const WAITING_WINDOWS = 2 ** 7;

/** A stretch that nobody scores. */
export type UnscoredKind = Exclude<StretchKind, 'scored'>;

/** What scoring needs from outside. */
export interface ScoringOptions {
  readonly config: ConversationConfig;
  readonly createScorer: ScorerFactory;
  /** Makes the scorer that steps in when the budget is short; the energy scorer unless given. */
  readonly createEnergy?: ScorerFactory | undefined;
  readonly budget: WorkBudget;
}

/** Hears, in order, of every stretch that waits for nothing any more. */
export interface ScoringListener {
  scored(fromSample: number, toSample: number, probability: number): void;
  unscored(kind: UnscoredKind, fromSample: number, toSample: number): void;
  /** A score has come, and what waited for it has been told. */
  answered(): void;
}

/** Lifetime counters; the names are those of the statistics. */
export interface ScoringCounters {
  windowsScored: number;
  /** Of those, the ones that the energy scorer answered in place of the one that was chosen. */
  windowsByEnergy: number;
  /** Windows that had to wait for the budget. */
  windowsQueued: number;
  /** Windows whose score did not come in time, or that found no room to wait; the detector takes them as missing audio. */
  windowsSkipped: number;
  /** Cost of the windows given to scorers, as these declare it. */
  workUnits: number;
}

/** State of a stream's scoring. */
export interface ScoringSnapshot {
  readonly scorers?: ScorerPairSnapshot | undefined;
  readonly pending?: readonly PendingStretch[] | undefined;
  readonly toldSample?: number | undefined;
  readonly unbrokenSample?: number | undefined;
  readonly isNarrowband?: boolean | undefined;
  readonly counters?: Partial<ScoringCounters> | undefined;
}

/** Windows that wait are not copied: they lie in the ring of what was heard. Nothing is allocated per window. */
export class WindowScoring {
  readonly scorers: ScorerPair;
  readonly counters: ScoringCounters = {
    windowsScored: 0,
    windowsByEnergy: 0,
    windowsQueued: 0,
    windowsSkipped: 0,
    workUnits: 0,
  };
  readonly #heard: SampleRing;
  readonly #budget: WorkBudget;
  readonly #listener: ScoringListener;
  readonly #pending = new PendingWindows();
  readonly #window = new Int16Array(WINDOW_SAMPLES);
  #unitsPerEvent: number;
  #isNarrowband = false;
  /** The scorers have been told of everything before this. */
  #toldSample = 0;
  /** From here to `#toldSample` windows follow one another without a break. */
  #unbrokenSample = 0;

  /** `heard` holds the stream's latest audio, always as far as the windows that are pushed. */
  constructor(options: ScoringOptions, heard: SampleRing, listener: ScoringListener) {
    const { config, createScorer, createEnergy = createEnergyScorer } = options;
    this.#heard = heard;
    this.#budget = options.budget;
    this.#listener = listener;
    this.#unitsPerEvent = config.unitsPerEvent;
    this.scorers = new ScorerPair(config, createScorer, createEnergy, (index, probability) =>
      this.#onScore(index, probability),
    );
  }

  configure(config: ConversationConfig): void {
    this.#unitsPerEvent = config.unitsPerEvent;
    this.scorers.configure(config);
  }

  /** Says that what is scored from now on was sampled at 8 kHz, windows that wait included. */
  set narrowband(isNarrowband: boolean) {
    this.#isNarrowband = isNarrowband;
  }

  /** Stretches that wait for a score: their own, or that of one before. */
  get backlog(): number {
    return this.#pending.count;
  }

  /** Windows that wait for the budget. */
  get waitingWindows(): number {
    return this.#pending.untoldWindows;
  }

  /** There is something for `work` to do, as soon as the budget allows it. */
  get hasWork(): boolean {
    return this.waitingWindows > 0 || this.scorers.isBehind(this.#toldSample);
  }

  /** Takes the next window. When it is one too many to wait, the oldest is skipped. */
  window(startSample: number, samples: Int16Array): void {
    if (this.waitingWindows === WAITING_WINDOWS) this.#skipOldest();
    this.#push('scored', startSample, startSample + samples.length);
    if (this.waitingWindows === 1 && this.#take(this.scorers.units)) this.#submit(samples);
    else this.counters.windowsQueued++;
  }

  /** Takes the next stretch that is not to be scored. */
  pass(kind: UnscoredKind, fromSample: number, toSample: number): void {
    this.#push(kind, fromSample, toSample);
    this.#settle();
  }

  /**
   * Scores one window that waits, or warms a scorer that is to take over; false when there is nothing to do or no budget.
   * A scorer that has been warmed takes over between two windows, when `isQuiet` for the one in charge.
   */
  work(isQuiet: boolean): boolean {
    const { scorers } = this;
    scorers.handOver(this.#toldSample, isQuiet);
    // The cheaper one never waits for the other.
    if (scorers.newcomerUnits < scorers.units) return this.#warm() || this.#scoreWaiting();
    return this.#scoreWaiting() || this.#warm();
  }

  /** Says whether the scorer that was chosen is too expensive for now. */
  preferEnergy(isPreferred: boolean): void {
    const oldestSample = Math.max(this.#unbrokenSample, this.#heard.startPosition);
    this.scorers.prefer(isPreferred ? 'energy' : 'chosen', this.#toldSample, oldestSample);
  }

  /** A copy of the state, windows that wait included; scores that scorers still owe are not part of it. */
  snapshot(): ScoringSnapshot {
    return {
      scorers: this.scorers.snapshot(),
      pending: this.#pending.snapshot(),
      toldSample: this.#toldSample,
      unbrokenSample: this.#unbrokenSample,
      isNarrowband: this.#isNarrowband,
      counters: { ...this.counters },
    };
  }

  /** Takes a state; a window whose score was owed counts as skipped. */
  restore(snapshot: ScoringSnapshot): void {
    const { pending = [] } = snapshot;
    this.scorers.restore(snapshot.scorers ?? {});
    this.#pending.restore(pending);
    this.#toldSample = snapshot.toldSample ?? 0;
    this.#unbrokenSample = snapshot.unbrokenSample ?? 0;
    this.#isNarrowband = snapshot.isNarrowband ?? false;
    Object.assign(this.counters, snapshot.counters);
    this.counters.windowsSkipped += pending.filter(isOwed).length;
  }

  #push(kind: StretchKind, fromSample: number, toSample: number): void {
    if (this.#pending.full) {
      if (this.#pending.headUntold) this.#skipOldest();
      else this.#giveUpHead();
    }
    this.#pending.push(kind, fromSample, toSample);
  }

  #giveUpHead(): void {
    this.#pending.giveUpHead();
    this.counters.windowsSkipped++;
    this.#settle();
  }

  #skipOldest(): void {
    this.#pending.skipUntold();
    this.counters.windowsSkipped++;
    this.#settle();
  }

  #take(units: number): boolean {
    if (!this.#budget.take(units, this.#unitsPerEvent)) return false;
    this.counters.workUnits += units;
    return true;
  }

  #scoreWaiting(): boolean {
    if (this.waitingWindows === 0) return false;
    const { untoldFromSample } = this.#pending;
    // A silence that came after it was longer than the ring.
    if (untoldFromSample < this.#heard.startPosition) this.#skipOldest();
    else {
      if (!this.#take(this.scorers.units)) return false;
      this.#heard.copyTo(untoldFromSample, this.#window, 0, WINDOW_SAMPLES);
      this.#submit(this.#window);
    }
    return true;
  }

  /** Gives the scorer in charge the window that it is to be told of next. */
  #submit(samples: Int16Array): void {
    this.#toldSample = this.#pending.untoldToSample;
    this.scorers.submit(this.#pending.tell(), this.#forModel(samples));
    this.#settle();
  }

  /** Gives the newcomer its next window. */
  #warm(): boolean {
    if (!this.scorers.isBehind(this.#toldSample)) return false;
    const { followedSample } = this.scorers;
    if (followedSample < this.#heard.startPosition) this.scorers.breakOff(this.#toldSample);
    else {
      if (!this.#take(this.scorers.newcomerUnits)) return false;
      this.#heard.copyTo(followedSample, this.#window, 0, WINDOW_SAMPLES);
      this.scorers.follow(this.#forModel(this.#window));
    }
    return true;
  }

  #forModel(samples: Int16Array): Int16Array {
    if (!this.#isNarrowband) return samples;
    addBandImage(samples, this.#window);
    return this.#window;
  }

  #onScore(index: number, probability: number): void {
    this.counters.windowsScored++;
    if (this.scorers.answeredByEnergy) this.counters.windowsByEnergy++;
    if (!this.#pending.awaits(index)) return;
    this.#pending.answer(index, probability);
    this.#settle();
    this.#listener.answered();
  }

  /** Tells the scorers, then the listener, in order, of what waits for nothing. */
  #settle(): void {
    while (this.#pending.hasUntold && this.#pending.untoldKind !== 'scored') this.#tellScorers();
    while (this.#pending.headReady) {
      const { headKind, headFromSample, headToSample, headProbability } = this.#pending;
      this.#pending.shift();
      if (headKind === 'scored') {
        this.#listener.scored(headFromSample, headToSample, headProbability);
      } else this.#listener.unscored(headKind, headFromSample, headToSample);
    }
  }

  #tellScorers(): void {
    const { untoldKind, untoldToSample } = this.#pending;
    this.#toldSample = untoldToSample;
    this.#unbrokenSample = untoldToSample;
    if (untoldKind === 'restart' || untoldKind === 'skipped') this.scorers.reset(untoldToSample);
    else this.scorers.breakOff(untoldToSample);
    this.#pending.tell();
  }
}

function isOwed({ kind, told = true }: PendingStretch): boolean {
  return told && kind === 'scored';
}
