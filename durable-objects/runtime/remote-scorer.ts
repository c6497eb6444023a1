// Has windows scored in another object, over one session that is kept; while that is away, the energy scorer answers.

import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import type { ScoreListener, Scorer } from '../../core/voice/scorer.ts';
import { type Answer, OwedWindows } from './owed-windows.ts';
import type { Scores } from './scoring-session.ts';

/** Most windows in one call: half a second of audio, 16 KB, less than a millisecond of the kernel's work. */
const WINDOWS_PER_CALL = 16;

/** Longest wait for a session or for an answer; a turn's end may come this much later. */
export const PATIENCE_MS = 500;

/** A session that was not used for this long is let go, so that a quiet conversation and its shard can sleep. */
export const REST_MS = 5000;

/** Windows until the next attempt (one second of audio), doubled with each failure up to half a minute. */
const WINDOWS_AWAY = 31;
const WINDOWS_AWAY_MAX = 992;

/** What a call for one window costs this isolate, compared with the kernel by measurement (docs/adr/0006-scorers.md). */
const UNITS_PER_WINDOW = 1600;

const NEW_STREAM = new Float32Array(0);

/** A session with an object that scores. */
export interface ScoringLine {
  score(windows: Int16Array, state: Float32Array): Promise<Scores>;
  /** Lets the session go; what is under way may fail. */
  release(): void;
}

/** What a remote scorer needs of its surroundings. */
export interface RemoteScorerOptions {
  readonly name: string;
  /** Begins a session. */
  readonly open: () => Promise<ScoringLine>;
  /** Runs what was answered later as an event of its conversation. */
  readonly inEvent: (run: () => void) => void;
  /** Calls back once after `delayMs`, unless the returned function is called before. */
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
  /** The model is away: why, and how many windows the energy scorer answers for at once. */
  readonly onAway: (reason: string, windows: number) => void;
}

type Phase =
  /** No session, and none needed. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'ready'; readonly line: ScoringLine }
  /** One call is under way, for the oldest windows. */
  | { readonly kind: 'asking'; readonly line: ScoringLine; readonly windows: number }
  /** The energy scorer answers, until `ends` windows have been submitted in all. */
  | { readonly kind: 'away'; readonly ends: number };

const IDLE: Phase = { kind: 'idle' };

/**
 * One call is under way at a time and takes along all that waits. A call that fails is made once more over a new session;
 * as the model's state is kept here, that changes no score. What then still has no answer gets the energy scorer's.
 */
export class RemoteScorer implements Scorer {
  readonly name: string;
  readonly unitsPerWindow = UNITS_PER_WINDOW;
  readonly #options: RemoteScorerOptions;
  readonly #listener: ScoreListener;
  readonly #owed = new OwedWindows();
  readonly #fallback: EnergyScorer;
  #fallbackProbability = 0;
  #isStandingIn = false;
  #phase: Phase = IDLE;
  #stopTimer: () => void = () => undefined;
  /** After the last window that was answered. */
  #state: Float32Array = NEW_STREAM;
  /** The state that the next window begins with, null where it goes on. */
  #begins: Float32Array | null = NEW_STREAM;
  #submitted = 0;
  /** Calls and openings that failed since the last answer. */
  #failures = 0;

  constructor(options: RemoteScorerOptions, listener: ScoreListener) {
    this.name = options.name;
    this.#options = options;
    this.#listener = listener;
    this.#fallback = new EnergyScorer({
      onScore: (_index, probability) => {
        this.#fallbackProbability = probability;
      },
    });
  }

  /** The last answer was the energy scorer's. */
  get isStandingIn(): boolean {
    return this.#isStandingIn;
  }

  submit(index: number, window: Int16Array): void {
    this.#fallback.submit(index, window);
    this.#submitted++;
    if (this.#owed.full) this.#standIn(this.#goAway('too many windows wait'));
    if (this.#phase.kind === 'away') {
      if (this.#submitted >= this.#phase.ends) this.#open();
      else return this.#standIn([{ index, probability: this.#fallbackProbability }]);
    }
    this.#owed.push(index, window, this.#fallbackProbability, this.#begins);
    this.#begins = null;
    if (this.#phase.kind === 'idle') this.#open();
    else if (this.#phase.kind === 'ready') this.#ask(this.#phase.line);
  }

  reset(): void {
    this.#fallback.reset();
    this.#begins = NEW_STREAM;
  }

  /** The energy scorer's state, then the model's. */
  snapshot(): Float32Array {
    return Float32Array.of(...this.#fallback.snapshot(), ...(this.#begins ?? this.#state));
  }

  restore(state: Float32Array): void {
    const { length } = this.#fallback.snapshot();
    if (state.length < length) return this.reset();
    this.#fallback.restore(state.slice(0, length));
    this.#begins = state.slice(length);
  }

  #open(): void {
    const opening: Phase = { kind: 'opening' };
    this.#enter(opening, PATIENCE_MS, () => this.#giveUp('no session in time'));
    this.#options.open().then(
      (line) => {
        if (this.#phase !== opening) return line.release();
        this.#ready(line);
      },
      (fault: unknown) => {
        if (this.#phase === opening) this.#giveUp(`no session: ${sentenceOf(fault)}`);
      },
    );
  }

  #ready(line: ScoringLine): void {
    if (this.#owed.count > 0) return this.#ask(line);
    this.#enter({ kind: 'ready', line }, REST_MS, () => {
      line.release();
      this.#enter(IDLE);
    });
  }

  #ask(line: ScoringLine): void {
    const windows = this.#owed.run(WINDOWS_PER_CALL);
    const asking: Phase = { kind: 'asking', line, windows };
    this.#enter(asking, PATIENCE_MS, () => this.#giveUp('no answer in time'));
    line.score(this.#owed.samples(windows), this.#owed.begins ?? this.#state).then(
      (scores) => {
        if (this.#phase !== asking) return;
        if (areScores(scores, windows)) this.#take(line, scores);
        else this.#fail(line, 'the answer is none');
      },
      (fault: unknown) => {
        if (this.#phase === asking) this.#fail(line, sentenceOf(fault));
      },
    );
  }

  #take(line: ScoringLine, { probabilities, state }: Scores): void {
    this.#failures = 0;
    this.#state = state;
    const answers = this.#owed.answer(probabilities);
    this.#ready(line);
    this.#options.inEvent(() => {
      this.#isStandingIn = false;
      this.#deliver(answers);
    });
  }

  /** A session that broke, perhaps by a deploy or an eviction, is worth one more. */
  #fail(line: ScoringLine, reason: string): void {
    this.#failures++;
    if (this.#failures > 1) return this.#giveUp(reason);
    line.release();
    this.#open();
  }

  #giveUp(reason: string): void {
    const answers = this.#goAway(reason);
    if (answers.length > 0) this.#options.inEvent(() => this.#standIn(answers));
  }

  /** Leaves the model alone for a while; the answers that are owed have to be delivered. Afterwards it begins anew. */
  #goAway(reason: string): Answer[] {
    if ('line' in this.#phase) this.#phase.line.release();
    const windows = Math.min(WINDOWS_AWAY * 2 ** this.#failures, WINDOWS_AWAY_MAX);
    this.#failures++;
    this.#begins = NEW_STREAM;
    this.#enter({ kind: 'away', ends: this.#submitted + windows });
    this.#options.onAway(reason, this.#owed.count);
    return this.#owed.giveUp();
  }

  #enter(phase: Phase, delayMs?: number, run?: () => void): void {
    this.#stopTimer();
    this.#phase = phase;
    this.#stopTimer =
      delayMs === undefined || run === undefined
        ? () => undefined
        : this.#options.startTimer(delayMs, run);
  }

  /** Answers with what the energy scorer makes of the windows. */
  #standIn(answers: readonly Answer[]): void {
    this.#isStandingIn = true;
    this.#deliver(answers);
  }

  #deliver(answers: readonly Answer[]): void {
    for (const { index, probability } of answers) this.#listener.onScore(index, probability);
  }
}

/** Another version, or another program, may answer anything. */
function areScores({ probabilities, state }: Scores, windows: number): boolean {
  return (
    probabilities instanceof Float32Array &&
    state instanceof Float32Array &&
    probabilities.length === windows &&
    probabilities.every((probability) => probability >= 0 && probability <= 1)
  );
}

function sentenceOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
