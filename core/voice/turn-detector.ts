// Finds the caller's turns in the scores of windows, and tells their edges in exact samples.

import type { ConversationConfig } from '../conversation/config.ts';
import { unreachable } from '../unreachable.ts';
import type { TurnEndReason } from '../wire/messages.ts';
import { ManualEdges, type ManualEdgesSnapshot, type ManualState } from './manual-edges.ts';
import { ScoreHistory, type ScoreHistorySnapshot } from './score-history.ts';
import { WINDOW_SAMPLES } from './scorer.ts';
import { type SpeechChange, SpeechTracker, type SpeechTrackerSnapshot } from './speech-tracker.ts';
import { type TurnLengths, turnLengths } from './turn-lengths.ts';
import { TurnLine, type TurnLineSnapshot } from './turn-line.ts';
import { IDLE, type TurnPhase } from './turn-phase.ts';

/** Who decides where turns are: the detector, or the caller's finger. */
export type TurnTaking = 'automatic' | 'manual';

/** Hears the edges, in the order of media time. A method may call the detector back. */
export interface TurnListener {
  speechStarted(atSample: number): void;
  speechStopped(atSample: number): void;
  /** `continues` is the turn before, when a watchdog or the maximum length had ended it; else null. */
  turnStarted(turn: number, startSample: number, continues: number | null): void;
  turnEnded(turn: number, startSample: number, endSample: number, reason: TurnEndReason): void;
  /** What looked like a turn, from `atSample` on, was too short. */
  misfire(atSample: number): void;
}

/** State of a detector; its configuration belongs to whoever constructs it. */
export interface TurnDetectorSnapshot {
  readonly phase?: TurnPhase | undefined;
  readonly speechSamples?: number | undefined;
  readonly position?: number | undefined;
  readonly probability?: number | undefined;
  readonly line?: TurnLineSnapshot | undefined;
  readonly tracker?: SpeechTrackerSnapshot | undefined;
  readonly history?: ScoreHistorySnapshot | undefined;
  readonly manual?: ManualEdgesSnapshot | undefined;
}

/**
 * Takes windows in order, without holes. Positions are 16 kHz samples since the conversation's first; turns count
 * from 1. Nothing is allocated per window, only where a turn or a candidate begins.
 */
export class TurnDetector {
  readonly #listener: TurnListener;
  readonly #tracker: SpeechTracker;
  readonly #history = new ScoreHistory();
  readonly #manual = new ManualEdges();
  readonly #line = new TurnLine();
  #turnTaking: TurnTaking;
  #lengths: TurnLengths;
  #phase: TurnPhase = IDLE;
  /** Speech in the candidate or the open turn. */
  #speechSamples = 0;
  #position = 0;
  #probability = 0;

  constructor(config: ConversationConfig, turnTaking: TurnTaking, listener: TurnListener) {
    this.#listener = listener;
    this.#tracker = new SpeechTracker(config);
    this.#lengths = turnLengths(config);
    this.#turnTaking = turnTaking;
  }

  /** Takes new settings in mid-call; the next window is the first to feel them. An open turn stays open. */
  configure(config: ConversationConfig, turnTaking: TurnTaking = this.#turnTaking): void {
    this.#tracker.configure(config);
    this.#lengths = turnLengths(config);
    if (turnTaking !== this.#turnTaking) this.#takeTurns(turnTaking);
  }

  get turnTaking(): TurnTaking {
    return this.#turnTaking;
  }

  get phase(): TurnPhase {
    return this.#phase;
  }

  /** Number of the open turn, null when none is. */
  get openTurn(): number | null {
    return this.#phase.kind === 'open' ? this.#phase.turn : null;
  }

  /** Speech goes on or may be about to, or a turn is open. */
  get busy(): boolean {
    return this.#phase.kind !== 'idle' || this.#tracker.phase !== 'quiet';
  }

  /** End of what the detector has heard of. */
  get position(): number {
    return this.#position;
  }

  /** The last window's score, faded when it was missing. */
  get probability(): number {
    return this.#probability;
  }

  /** Speech so far in the candidate or the open turn, 0 when there is neither. */
  get speechSamplesInTurn(): number {
    return this.#phase.kind === 'idle' ? 0 : this.#speechSamples;
  }

  /** End of the last window of speech, the model's tail included. */
  get lastSpeechSample(): number {
    return this.#tracker.lastSpeechSample;
  }

  /**
   * Takes a window; `probability` of one that was not `scored` is what remains of the last score.
   * Kept small, so that it is inlined: a fraction handed to a function is allocated, one put into a field is not.
   */
  window(start: number, span: number, probability: number, scored: boolean): void {
    this.#probability = probability;
    this.#take(start, span, scored);
  }

  /**
   * Skips whole windows without speech as long as nothing can come of them, `heard` as silence or lost; returns where
   * windows matter again.
   */
  skip(fromSample: number, toSample: number, heard: boolean): number {
    if (this.busy) return fromSample;
    let landing = toSample;
    if (this.#manual.nextSample <= toSample) {
      const windows = Math.floor((this.#manual.nextSample - fromSample) / WINDOW_SAMPLES);
      landing = fromSample + Math.max(0, windows) * WINDOW_SAMPLES;
    }
    if (landing <= fromSample) return fromSample;
    this.#position = landing;
    this.#probability = 0;
    if (heard) this.#line.quiet(landing - fromSample, this.#lengths.hangoverSamples);
    return landing;
  }

  /** Says that everything before `sample` has come, also where no window is full yet. */
  reach(sample: number): void {
    if (sample <= this.#position) return;
    this.#position = sample;
    this.#edgesUpTo(sample);
  }

  /**
   * Takes an edge of a manual turn; it takes effect when the media has reached it, at once when it lies behind.
   * Returns false when turns are automatic, or too many edges wait.
   */
  manual(state: ManualState, atSample: number): boolean {
    if (this.#turnTaking === 'automatic' || !this.#manual.push(state, atSample)) return false;
    this.#edgesUpTo(this.#position);
    return true;
  }

  /** Ends the open turn now, for a reason outside of the audio; a candidate becomes a misfire. */
  endTurn(reason: TurnEndReason): void {
    // Speech that is cut off has no model's tail yet.
    const cutOff = this.#turnTaking === 'manual' || this.#tracker.loud;
    const endSample = cutOff ? this.#position : this.#tracker.endSample;
    if (this.#tracker.fallSilent()) this.#listener.speechStopped(endSample);
    if (this.#phase.kind === 'open') this.#close(reason, endSample);
    else if (this.#phase.kind === 'candidate') this.#misfire();
  }

  /** Forgets the candidate or the open turn: no edge is told, its audio belongs to no later turn. */
  dropTurn(): void {
    if (this.#phase.kind === 'idle') return;
    this.#phase = IDLE;
    this.#line.drop(this.#tracker.endSample);
  }

  snapshot(): TurnDetectorSnapshot {
    return {
      phase: this.#phase,
      speechSamples: this.#speechSamples,
      position: this.#position,
      probability: this.#probability,
      line: this.#line.snapshot(),
      tracker: this.#tracker.snapshot(),
      history: this.#history.snapshot(),
      manual: this.#manual.snapshot(),
    };
  }

  restore(snapshot: TurnDetectorSnapshot): void {
    this.#phase = snapshot.phase ?? IDLE;
    this.#speechSamples = snapshot.speechSamples ?? 0;
    this.#position = snapshot.position ?? 0;
    this.#probability = snapshot.probability ?? 0;
    if (snapshot.line !== undefined) this.#line.restore(snapshot.line);
    if (snapshot.tracker !== undefined) this.#tracker.restore(snapshot.tracker);
    if (snapshot.history !== undefined) this.#history.restore(snapshot.history);
    if (snapshot.manual !== undefined) this.#manual.restore(snapshot.manual);
  }

  #take(start: number, span: number, scored: boolean): void {
    const end = start + span;
    this.#position = end;
    this.#edgesUpTo(end);
    const heard = this.#tracker.isLoud(this.#probability);
    this.#tracker.nextProbability = this.#probability;
    const change = this.#tracker.window(start, span, heard, scored);
    const { loud } = this.#tracker;
    this.#history.nextProbability = this.#probability;
    this.#history.push(start, span, loud);
    this.#speechSamples += this.#tracker.newSpeechSamples;
    if (scored && !loud) this.#line.quiet(span, this.#lengths.hangoverSamples);
    this.#tellSpeech(change);
    this.#moveOn(end);
  }

  #tellSpeech(change: SpeechChange): void {
    if (change === 'started') {
      this.#beginCandidate(this.#tracker.newSpeechSamples);
      this.#listener.speechStarted(this.#tracker.startSample);
    } else if (change === 'stopped') {
      this.#listener.speechStopped(this.#tracker.endSample);
    }
  }

  #moveOn(end: number): void {
    switch (this.#phase.kind) {
      case 'idle':
        return;
      case 'candidate':
        if (this.#speechSamples >= this.#lengths.minimumSpeechSamples) {
          this.#open(this.#phase.startSample - this.#lengths.preRollSamples);
        } else if (this.#tracker.isHungOver(end, this.#speechSamples)) this.#misfire();
        return;
      case 'open':
        if (
          this.#turnTaking === 'automatic' &&
          this.#tracker.isHungOver(end, this.#speechSamples)
        ) {
          this.#close('silence', this.#tracker.endSample);
        } else if (end - this.#phase.startSample >= this.#lengths.maximumTurnSamples) {
          this.#cut(this.#phase.startSample, end);
        }
        return;
      default:
        unreachable(this.#phase);
    }
  }

  #beginCandidate(speechSamples: number): void {
    if (this.#phase.kind !== 'idle' || this.#turnTaking === 'manual') return;
    this.#phase = { kind: 'candidate', startSample: this.#tracker.startSample };
    this.#speechSamples = speechSamples;
  }

  #open(startSample: number): void {
    const continues = this.#line.unfinished;
    const firstSample = Math.max(this.#line.endSample, startSample);
    const turn = this.#line.start();
    this.#phase = { kind: 'open', turn, startSample: firstSample };
    this.#listener.turnStarted(turn, firstSample, continues);
  }

  #close(reason: TurnEndReason, wantedEndSample: number): void {
    if (this.#phase.kind !== 'open') return;
    const { turn, startSample } = this.#phase;
    const endSample = Math.max(startSample, wantedEndSample);
    this.#phase = IDLE;
    this.#line.end(endSample, reason);
    this.#listener.turnEnded(turn, startSample, endSample, reason);
  }

  /** Ends a turn that is too long where speech was least likely; what was said after that is a turn of its own. */
  #cut(startSample: number, end: number): void {
    const cutSample = this.#history.lowestSince(
      Math.max(startSample + 1, end - this.#lengths.cutLookbackSamples),
    );
    const speechSamples = this.#history.speechSamplesSince(cutSample);
    if (speechSamples === 0) {
      this.#close('maximum-length', this.#tracker.endSample);
      return;
    }
    this.#close('maximum-length', cutSample);
    this.#speechSamples = speechSamples;
    this.#open(cutSample);
  }

  #misfire(): void {
    if (this.#phase.kind !== 'candidate') return;
    const { startSample } = this.#phase;
    this.#phase = IDLE;
    this.#listener.misfire(startSample);
  }

  #edgesUpTo(sample: number): void {
    while (this.#manual.nextSample <= sample) {
      const atSample = this.#manual.nextSample;
      if (this.#manual.take() === 'ended') this.#close('manual', atSample);
      else if (this.#phase.kind !== 'open') {
        this.#speechSamples = 0;
        this.#open(atSample);
      }
    }
  }

  #takeTurns(turnTaking: TurnTaking): void {
    this.#turnTaking = turnTaking;
    this.#manual.clear();
    if (turnTaking === 'manual' && this.#phase.kind === 'candidate') this.#phase = IDLE;
    if (turnTaking === 'automatic' && this.#tracker.phase === 'speaking') {
      this.#beginCandidate(this.#history.speechSamplesSince(this.#tracker.startSample));
    }
  }
}
