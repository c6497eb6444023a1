// Hears the caller: cuts audio into windows, has them scored, and finds the turns in the scores.

import type { ConversationConfig } from '../conversation/config.ts';
import { samplesToMs } from '../media/units.ts';
import type { TurnEndReason } from '../wire/messages.ts';
import type { ManualState } from './manual-edges.ts';
import { type PendingStretch, PendingWindows, type StretchKind } from './pending-windows.ts';
import { SCORER_RATE_HZ, type Scorer, type ScorerFactory, WINDOW_SAMPLES } from './scorer.ts';
import {
  TurnDetector,
  type TurnDetectorSnapshot,
  type TurnListener,
  type TurnTaking,
} from './turn-detector.ts';
import { passMissing, passSilence } from './unscored-time.ts';
import { Windower, type WindowerSnapshot } from './windower.ts';

/** State of everything that hears the caller. */
export interface VoiceActivitySnapshot {
  readonly windower?: WindowerSnapshot | undefined;
  readonly detector?: TurnDetectorSnapshot | undefined;
  readonly scorerName?: string | undefined;
  readonly scorerState?: Float32Array | undefined;
  readonly pending?: readonly PendingStretch[] | undefined;
  readonly windowsScored?: number | undefined;
  readonly windowsSkipped?: number | undefined;
  readonly workUnits?: number | undefined;
}

/**
 * Takes 16 kHz audio, silence and gaps in order. The listener hears edges from inside these calls or, with a scorer that
 * answers later, from inside its answer. Nothing is allocated per window.
 */
export class VoiceActivity {
  readonly #detector: TurnDetector;
  readonly #windower: Windower;
  readonly #scorer: Scorer;
  readonly #pending = new PendingWindows();
  #windowsScored = 0;
  #windowsSkipped = 0;
  #workUnits = 0;

  constructor(
    config: ConversationConfig,
    turnTaking: TurnTaking,
    createScorer: ScorerFactory,
    listener: TurnListener,
  ) {
    this.#detector = new TurnDetector(config, turnTaking, listener);
    this.#scorer = createScorer({
      onScore: (index, probability) => this.#onScore(index, probability),
    });
    this.#windower = new Windower(config, {
      window: (startSample, samples) => this.#submit(startSample, samples),
      missing: (fromSample, toSample) => this.#pass('missing', fromSample, toSample),
      silence: (fromSample, toSample) => this.#pass('silence', fromSample, toSample),
      restart: () => this.#scorer.reset(),
    });
  }
  /** Name of the scorer in use. */
  get scorerName(): string {
    return this.#scorer.name;
  }

  get turnTaking(): TurnTaking {
    return this.#detector.turnTaking;
  }

  /** Number of the open turn, null when none is. */
  get openTurn(): number | null {
    return this.#detector.openTurn;
  }

  /** Speech goes on or may be about to, or a turn is open. */
  get busy(): boolean {
    return this.#detector.busy;
  }

  /** Speech so far in the candidate or the open turn, 0 when there is neither. */
  get speechSamplesInTurn(): number {
    return this.#detector.speechSamplesInTurn;
  }

  /** Samples taken so far. */
  get position(): number {
    return this.#windower.position;
  }

  /** Samples that the turns are decided about; the scores of later ones are still owed. */
  get detectorPosition(): number {
    return this.#detector.position;
  }

  /** Stretches that wait for a score: their own, or that of one before. */
  get backlogWindows(): number {
    return this.#pending.count;
  }

  get backlogMs(): number {
    return samplesToMs(this.#pending.count * WINDOW_SAMPLES, SCORER_RATE_HZ);
  }

  get windowsScored(): number {
    return this.#windowsScored;
  }

  /** Windows whose score did not come in time; the detector took them as missing audio. */
  get windowsSkipped(): number {
    return this.#windowsSkipped;
  }

  /** Cost of the windows scored, as declared by the scorer. */
  get workUnits(): number {
    return this.#workUnits;
  }

  /** Takes `samples[offset … offset + length)` at 16 kHz. */
  audio(samples: Int16Array, offset: number, length: number): void {
    this.#windower.audio(samples, offset, length);
    this.#reach();
  }

  /** Takes `spanSamples` of intended silence. */
  silence(spanSamples: number): void {
    this.#windower.silence(spanSamples);
    this.#reach();
  }

  /** Takes one whole gap: audio that was lost. */
  gap(spanSamples: number): void {
    this.#windower.gap(spanSamples);
    this.#reach();
  }

  /** What comes next has nothing to do with what came before: windows and model begin anew. */
  restart(): void {
    this.#windower.restart();
  }

  /** Takes an edge of a manual turn; false when turns are automatic, or too many edges wait. */
  manual(state: ManualState, atSample: number): boolean {
    return this.#detector.manual(state, atSample);
  }

  /** Ends the open turn now, for a reason outside of the audio. */
  endTurn(reason: TurnEndReason): void {
    this.#detector.endTurn(reason);
  }

  /** Forgets the candidate or the open turn: no edge is told. */
  dropTurn(): void {
    this.#detector.dropTurn();
  }

  /** Takes new settings in mid-call. */
  configure(config: ConversationConfig, turnTaking: TurnTaking = this.turnTaking): void {
    this.#windower.configure(config);
    this.#detector.configure(config, turnTaking);
  }

  /** A copy of the state; scores that are still owed are not part of it. */
  snapshot(): VoiceActivitySnapshot {
    return {
      windower: this.#windower.snapshot(),
      detector: this.#detector.snapshot(),
      scorerName: this.#scorer.name,
      scorerState: this.#scorer.snapshot(),
      pending: this.#pending.snapshot(),
      windowsScored: this.#windowsScored,
      windowsSkipped: this.#windowsSkipped,
      workUnits: this.#workUnits,
    };
  }

  /** Takes a state; one of another scorer's model means that the model begins anew. */
  restore(snapshot: VoiceActivitySnapshot): void {
    if (snapshot.windower !== undefined) this.#windower.restore(snapshot.windower);
    if (snapshot.detector !== undefined) this.#detector.restore(snapshot.detector);
    this.#windowsScored = snapshot.windowsScored ?? 0;
    this.#windowsSkipped = (snapshot.windowsSkipped ?? 0) + owedScores(snapshot.pending ?? []);
    this.#workUnits = snapshot.workUnits ?? 0;
    this.#pending.restore(snapshot.pending ?? []);
    if (snapshot.scorerState !== undefined && snapshot.scorerName === this.#scorer.name) {
      this.#scorer.restore(snapshot.scorerState);
    } else {
      this.#scorer.reset();
    }
  }

  #submit(startSample: number, samples: Int16Array): void {
    const index = this.#push('scored', startSample, startSample + samples.length);
    this.#scorer.submit(index, samples);
    this.#drain();
  }

  #pass(kind: 'missing' | 'silence', fromSample: number, toSample: number): void {
    this.#push(kind, fromSample, toSample);
    this.#drain();
  }

  #push(kind: StretchKind, fromSample: number, toSample: number): number {
    if (this.#pending.full) {
      this.#pending.giveUpHead();
      this.#windowsSkipped++;
      this.#drain();
    }
    return this.#pending.push(kind, fromSample, toSample);
  }

  #onScore(index: number, probability: number): void {
    this.#windowsScored++;
    this.#workUnits += this.#scorer.unitsPerWindow;
    if (!this.#pending.awaits(index)) return;
    this.#pending.answer(index, probability);
    this.#drain();
    this.#reach();
  }

  /** Gives the detector, in order, what waits for nothing. */
  #drain(): void {
    while (this.#pending.headReady) {
      const { headKind, headFromSample, headToSample, headProbability } = this.#pending;
      this.#pending.shift();
      if (headKind === 'scored') {
        this.#detector.window(headFromSample, headToSample - headFromSample, headProbability, true);
      } else this.#passTime(headKind, headFromSample, headToSample);
    }
  }

  #passTime(kind: 'missing' | 'silence', fromSample: number, toSample: number): void {
    if (kind === 'missing') passMissing(this.#detector, fromSample, toSample);
    else passSilence(this.#detector, fromSample, toSample);
  }

  /** Manual edges need not wait for the rest of a window. */
  #reach(): void {
    if (this.#pending.count === 0) this.#detector.reach(this.#windower.position);
  }
}

function owedScores(stretches: readonly PendingStretch[]): number {
  return stretches.filter(({ kind }) => kind === 'scored').length;
}
