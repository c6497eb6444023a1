// Hears the caller: cuts audio into windows, has them scored, and finds the turns in the scores.

import type { ConversationConfig } from '../conversation/config.ts';
import { SampleRing, type SampleRingSnapshot } from '../media/sample-ring.ts';
import { msToSamples, samplesToMs } from '../media/units.ts';
import { NOBODY, type Watch } from '../observation/watch.ts';
import { unreachable } from '../unreachable.ts';
import type { TurnEndReason } from '../wire/messages.ts';
import type { ManualState } from './manual-edges.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from './scorer.ts';
import type { ScorerPair } from './scorer-pair.ts';
import type { SpeechGate } from './speech-gate.ts';
import {
  TurnDetector,
  type TurnDetectorSnapshot,
  type TurnListener,
  type TurnTaking,
} from './turn-detector.ts';
import { passMissing, passSilence } from './unscored-time.ts';
import {
  type ScoringCounters,
  type ScoringOptions,
  type ScoringSnapshot,
  type UnscoredKind,
  WAITING_WINDOWS,
  WindowScoring,
} from './window-scoring.ts';
import { Windower, type WindowerSnapshot } from './windower.ts';

/** Audio kept for agents behind what is decided: pre-roll, and a turn that waits for the floor (4.1 s). */
const KEPT_SAMPLES = 2 ** 16;

/** Behind that, the windows that wait for the budget. */
const HEARD_SAMPLES = KEPT_SAMPLES + WAITING_WINDOWS * WINDOW_SAMPLES;

/** A score that a gate takes for speech. */
const LOUD_SCORE = 0.5;

/** What voice activity is made of from outside. */
export interface VoiceActivityOptions extends ScoringOptions {
  readonly turnTaking: TurnTaking;
  readonly listener: TurnListener;
  /** Windows that it does not admit score 0, or count for nothing where it hides the caller; all are admitted unless given. */
  readonly gate?: SpeechGate | undefined;
}

/** State of everything that hears the caller. */
export interface VoiceActivitySnapshot {
  readonly heard?: SampleRingSnapshot | undefined;
  readonly windower?: WindowerSnapshot | undefined;
  readonly detector?: TurnDetectorSnapshot | undefined;
  readonly scoring?: ScoringSnapshot | undefined;
}

/**
 * Takes 16 kHz audio, silence and gaps in order. A window is scored at once when the budget allows it, else it waits for
 * `work`. The listener hears edges from inside these calls or, with a scorer that answers later, from inside its answer.
 * Nothing is allocated per window.
 */
export class VoiceActivity {
  /** The latest audio; zeros where it was silent or missing. */
  readonly heard = new SampleRing(HEARD_SAMPLES);
  /** Is told of every score while it is open. */
  watch: Pick<Watch, 'isOpen' | 'scored'> = NOBODY;
  readonly #detector: TurnDetector;
  readonly #scoring: WindowScoring;
  readonly #windower: Windower;
  readonly #gate: SpeechGate | null;
  #hiddenSamples: number;

  constructor(options: VoiceActivityOptions) {
    const { config, turnTaking, listener, gate = null } = options;
    this.#gate = gate;
    this.#hiddenSamples = mostHiddenSamples(config);
    this.#detector = new TurnDetector(config, turnTaking, listener);
    this.#scoring = new WindowScoring(options, this.heard, {
      scored: (fromSample, toSample, probability) => {
        if (this.watch.isOpen) this.watch.scored(toSample, probability);
        const span = toSample - fromSample;
        const isLoud = probability >= LOUD_SCORE;
        if (gate === null || gate.admits(toSample, isLoud))
          this.#detector.window(fromSample, span, probability, true);
        // Neither speech nor its end, as long as the turn stays open anyway: its end never comes before its silence.
        else if (isLoud && gate.hides(toSample) && this.#isStillOpen(toSample))
          this.#detector.window(fromSample, span, probability, false);
        else this.#detector.window(fromSample, span, 0, true);
      },
      unscored: (kind, fromSample, toSample) => this.#pass(kind, fromSample, toSample),
      answered: () => this.#reach(),
    });
    this.#windower = new Windower(config, {
      window: (startSample, samples) => this.#scoring.window(startSample, samples),
      missing: (fromSample, toSample) => this.#scoring.pass('missing', fromSample, toSample),
      silence: (fromSample, toSample) => this.#scoring.pass('silence', fromSample, toSample),
      restart: (atSample) => this.#scoring.pass('restart', atSample, atSample),
    });
  }

  /** The scorers, and which of them is in charge. */
  get scorers(): Pick<ScorerPair, 'name' | 'role' | 'switches'> {
    return this.#scoring.scorers;
  }

  get counters(): Readonly<ScoringCounters> {
    return this.#scoring.counters;
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

  /** End of the last window of speech, the model's tail included. */
  get lastSpeechSample(): number {
    return this.#detector.lastSpeechSample;
  }

  /** Since when the caller has been heard beside an echo, Infinity when there is none. */
  get callerSinceSample(): number {
    return this.#gate?.callerSinceSample ?? Number.POSITIVE_INFINITY;
  }

  /** Samples taken so far. */
  get position(): number {
    return this.#windower.position;
  }

  /** Samples that the turns are decided about; the scores of later ones are still owed. */
  get detectorPosition(): number {
    return this.#detector.position;
  }

  /** Samples that an agent may hear: all, or those that are decided about where scores are owed. */
  get settledPosition(): number {
    return this.#scoring.backlog === 0 ? this.position : this.detectorPosition;
  }

  /** The first sample that is kept for agents. */
  get keptPosition(): number {
    return Math.max(this.heard.startPosition, this.settledPosition - KEPT_SAMPLES);
  }

  /** Stretches that wait for a score: their own, or that of one before. */
  get backlogWindows(): number {
    return this.#scoring.backlog;
  }

  get backlogMs(): number {
    return samplesToMs(this.#scoring.backlog * WINDOW_SAMPLES, SCORER_RATE_HZ);
  }

  /** Windows that wait for the budget. */
  get waitingWindows(): number {
    return this.#scoring.waitingWindows;
  }

  /** There is something for `work` to do, as soon as the budget allows it. */
  get hasWork(): boolean {
    return this.#scoring.hasWork;
  }

  /** Says whether the audio that follows was sampled at 8 kHz: the model then hears an image of it above 4 kHz. */
  set narrowband(isNarrowband: boolean) {
    this.#scoring.narrowband = isNarrowband;
  }

  /** Takes `samples[offset … offset + length)` at 16 kHz; of windows that wait, no more than 4.1 s. */
  audio(samples: Int16Array, offset: number, length: number): void {
    this.heard.append(samples, offset, length);
    this.#gate?.heard(this.heard);
    this.#windower.audio(samples, offset, length);
    this.#reach();
  }

  /** Takes `spanSamples` of intended silence. */
  silence(spanSamples: number): void {
    this.heard.appendZeros(spanSamples);
    this.#gate?.heard(this.heard);
    this.#windower.silence(spanSamples);
    this.#reach();
  }

  /** Takes one whole gap: audio that was lost. */
  gap(spanSamples: number): void {
    this.heard.appendZeros(spanSamples);
    this.#gate?.heard(this.heard);
    this.#windower.gap(spanSamples);
    this.#reach();
  }

  /** What comes next is another stream: a turn that is open there ends as `client-gone`, windows and model begin anew. */
  restart(): void {
    this.#scoring.pass('cut', this.position, this.position);
    this.#windower.restart();
  }

  /** Scores one window that waits, or warms a scorer that is to take over; false when there is nothing to do or no budget. */
  work(): boolean {
    return this.#scoring.work(!this.busy);
  }

  /** Says whether the energy scorer should be in charge; it is, or no longer, as soon as no scorer hears speech. */
  preferEnergy(isPreferred: boolean): void {
    this.#scoring.preferEnergy(isPreferred);
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
    this.#hiddenSamples = mostHiddenSamples(config);
    this.#windower.configure(config);
    this.#scoring.configure(config);
    this.#detector.configure(config, turnTaking);
  }

  /** A copy of the state; scores that scorers still owe are not part of it. */
  snapshot(): VoiceActivitySnapshot {
    return {
      heard: this.heard.snapshot(this.keptPosition),
      windower: this.#windower.snapshot(),
      detector: this.#detector.snapshot(),
      scoring: this.#scoring.snapshot(),
    };
  }

  restore(snapshot: VoiceActivitySnapshot): void {
    if (snapshot.heard !== undefined) this.heard.restore(snapshot.heard);
    if (snapshot.windower !== undefined) this.#windower.restore(snapshot.windower);
    if (snapshot.detector !== undefined) this.#detector.restore(snapshot.detector);
    this.#scoring.restore(snapshot.scoring ?? {});
  }

  #isStillOpen(sample: number): boolean {
    return sample - this.#detector.lastSpeechSample <= this.#hiddenSamples;
  }

  #pass(kind: UnscoredKind, fromSample: number, toSample: number): void {
    switch (kind) {
      case 'missing':
      case 'skipped':
        return passMissing(this.#detector, fromSample, toSample);
      case 'silence':
        return passSilence(this.#detector, fromSample, toSample);
      case 'cut':
        return this.#detector.endTurn('client-gone');
      case 'restart':
        return;
      default:
        return unreachable(kind);
    }
  }

  /** Manual edges need not wait for the rest of a window. */
  #reach(): void {
    if (this.#scoring.backlog === 0) this.#detector.reach(this.#windower.position);
  }
}

/** A caller is hidden for so long since the last speech: two windows less than the least that ends a turn. */
function mostHiddenSamples({ hangoverMs }: ConversationConfig): number {
  return msToSamples(hangoverMs, SCORER_RATE_HZ) - 2 * WINDOW_SAMPLES;
}
