// The two scorers of a stream, the one that was chosen and the cheap one, and how one takes over from the other unheard.

import type { ConversationConfig } from '../conversation/config.ts';
import { msToSamples } from '../media/units.ts';
import { longestHangoverMs } from './hangover.ts';
import {
  SCORER_RATE_HZ,
  type ScoreListener,
  type Scorer,
  type ScorerFactory,
  WINDOW_SAMPLES,
} from './scorer.ts';

/** 'chosen': the scorer that the conversation was made with. */
export type ScorerRole = 'chosen' | 'energy';

/** What a newcomer hears of the past before it counts: the last second, in whole windows. */
const WARMING_WINDOWS = Math.floor(SCORER_RATE_HZ / WINDOW_SAMPLES);

/** A newcomer that has this much to hear is better off with the last second once more. */
const TOO_FAR_SAMPLES = 2 * WARMING_WINDOWS * WINDOW_SAMPLES;

/** State of a pair. */
export interface ScorerPairSnapshot {
  readonly role?: ScorerRole | undefined;
  readonly chosenName?: string | undefined;
  readonly chosenState?: Float32Array | undefined;
  readonly energyState?: Float32Array | undefined;
  readonly follows?: boolean | undefined;
  readonly followedSample?: number | undefined;
  readonly quietSamples?: number | undefined;
  readonly switches?: number | undefined;
}

/**
 * One of the two is in charge: its scores count. The other one may follow, as a newcomer: it begins anew with the last
 * second, hears every window after the one in charge, and takes over when neither hears speech. Answers come in order.
 */
export class ScorerPair {
  readonly #chosen: Scorer;
  readonly #energy: Scorer;
  readonly #onScore: (index: number, probability: number) => void;
  #leaveThreshold = 0;
  #hangoverSamples = 0;
  #role: ScorerRole = 'chosen';
  /** Answers that the one in charge owes. */
  #owed = 0;
  #follows = false;
  /** The newcomer has been given everything before this. */
  #followedSample = 0;
  /** For how long the newcomer has heard no speech. */
  #quietSamples = 0;
  #newcomerOwed = 0;
  #newcomerIndex = 0;
  /** Answers on their way that nobody waits for any more. */
  #strays = 0;
  #switches = 0;

  /** `onScore` hears the scores that count. */
  constructor(
    config: ConversationConfig,
    createChosen: ScorerFactory,
    createEnergy: ScorerFactory,
    onScore: (index: number, probability: number) => void,
  ) {
    this.#onScore = onScore;
    this.#chosen = createChosen(this.#listenerOf('chosen'));
    this.#energy = createEnergy(this.#listenerOf('energy'));
    this.configure(config);
  }

  /** Takes `leaveThreshold` and the longest hangover. */
  configure(config: ConversationConfig): void {
    this.#leaveThreshold = config.leaveThreshold;
    this.#hangoverSamples = msToSamples(longestHangoverMs(config), SCORER_RATE_HZ);
  }

  get role(): ScorerRole {
    return this.#role;
  }

  /** The energy scorer gave the last answer, either by its role or for a scorer that is away. */
  get answeredByEnergy(): boolean {
    return this.#role === 'energy' || this.#chosen.isStandingIn === true;
  }

  /** Name of the scorer in charge. */
  get name(): string {
    return this.#inCharge.name;
  }

  /** Cost of a window for the one in charge. */
  get units(): number {
    return this.#inCharge.unitsPerWindow;
  }

  /** Cost of a window for the other one. */
  get newcomerUnits(): number {
    return this.#newcomer.unitsPerWindow;
  }

  /** Times that one has taken over from the other. */
  get switches(): number {
    return this.#switches;
  }

  /** The newcomer has not been given all that lies before `sample`; its next window begins at `followedSample`. */
  isBehind(sample: number): boolean {
    return this.#follows && this.#followedSample < sample;
  }

  get followedSample(): number {
    return this.#followedSample;
  }

  /** Gives a window to the one in charge. */
  submit(index: number, window: Int16Array): void {
    this.#owed++;
    this.#inCharge.submit(index, window);
  }

  /** Gives the newcomer its next window. */
  follow(window: Int16Array): void {
    this.#newcomerOwed++;
    this.#followedSample += WINDOW_SAMPLES;
    this.#newcomer.submit(this.#newcomerIndex++, window);
  }

  /**
   * Says who should be in charge. A newcomer begins with the last second before `atSample`, as far back as windows
   * follow one another without a break, which is from `sinceSample` on; and once more when it has fallen too far behind.
   */
  prefer(role: ScorerRole, atSample: number, sinceSample: number): void {
    const wanted = role !== this.#role;
    const isTooFarBehind = this.#follows && atSample - this.#followedSample > TOO_FAR_SAMPLES;
    if (wanted === this.#follows && !isTooFarBehind) return;
    this.#follows = wanted;
    const windows = Math.floor((atSample - sinceSample) / WINDOW_SAMPLES);
    this.#beginAnew(atSample - Math.min(WARMING_WINDOWS, windows) * WINDOW_SAMPLES);
  }

  /** The stream was broken off: what begins at `sample` has nothing to do with what came before. */
  reset(sample: number): void {
    this.#inCharge.reset();
    this.breakOff(sample);
  }

  /** No window leads up to `sample`: a newcomer begins anew there. */
  breakOff(sample: number): void {
    if (this.#follows) this.#beginAnew(sample);
  }

  /**
   * Lets the newcomer take over when both have heard all before `sample`, the newcomer has heard no speech for as long as
   * ends a turn, and for the one in charge `isQuiet`. Then both alone would be in the same state, and no edge is made.
   */
  handOver(sample: number, isQuiet: boolean): void {
    if (!this.#follows || !isQuiet || this.#owed + this.#newcomerOwed > 0) return;
    if (this.#followedSample !== sample || this.#quietSamples < this.#hangoverSamples) return;
    this.#role = this.#role === 'chosen' ? 'energy' : 'chosen';
    this.#follows = false;
    this.#switches++;
  }

  /** A copy of the state; answers that are still owed are not part of it. */
  snapshot(): ScorerPairSnapshot {
    return {
      role: this.#role,
      chosenName: this.#chosen.name,
      chosenState: this.#chosen.snapshot(),
      energyState: this.#energy.snapshot(),
      follows: this.#follows,
      followedSample: this.#followedSample,
      quietSamples: this.#quietSamples,
      switches: this.#switches,
    };
  }

  /** Takes a state; one of another scorer's model means that the model begins anew. */
  restore(snapshot: ScorerPairSnapshot): void {
    const { chosenName, chosenState, energyState } = snapshot;
    this.#role = snapshot.role ?? 'chosen';
    this.#follows = snapshot.follows ?? false;
    this.#followedSample = snapshot.followedSample ?? 0;
    this.#quietSamples = snapshot.quietSamples ?? 0;
    this.#switches = snapshot.switches ?? 0;
    if (energyState !== undefined) this.#energy.restore(energyState);
    if (chosenState !== undefined && chosenName === this.#chosen.name) {
      this.#chosen.restore(chosenState);
    } else {
      this.#chosen.reset();
    }
  }

  get #inCharge(): Scorer {
    return this.#role === 'chosen' ? this.#chosen : this.#energy;
  }

  get #newcomer(): Scorer {
    return this.#role === 'chosen' ? this.#energy : this.#chosen;
  }

  #beginAnew(sample: number): void {
    this.#strays += this.#newcomerOwed;
    this.#newcomerOwed = 0;
    this.#followedSample = sample;
    this.#quietSamples = 0;
    this.#newcomer.reset();
  }

  #listenerOf(role: ScorerRole): ScoreListener {
    return {
      onScore: (index, probability) => {
        if (role !== this.#role) this.#newcomerScored(probability);
        else {
          this.#owed--;
          this.#onScore(index, probability);
        }
      },
    };
  }

  #newcomerScored(probability: number): void {
    if (this.#strays > 0) {
      this.#strays--;
      return;
    }
    this.#newcomerOwed--;
    const isQuiet = probability < this.#leaveThreshold;
    this.#quietSamples = isQuiet ? this.#quietSamples + WINDOW_SAMPLES : 0;
  }
}
