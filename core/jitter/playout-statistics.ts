// What was played, concealed, put in and left out, under the names and meanings of W3C webrtc-stats.

import { samplesToMs } from '../media/units.ts';
import { INTERRUPTION_MS } from './delay-estimator.ts';

/** Counters over a stream's life (RTCInboundRtpStreamStats), never reset. Samples, and seconds where it says so. */
export interface PlayoutStatisticsReport {
  /** Samples given out since playout began, concealed ones included. */
  readonly totalSamplesReceived: number;
  readonly concealedSamples: number;
  /** Of those, the ones that are no more than background noise. */
  readonly silentConcealedSamples: number;
  readonly concealmentEvents: number;
  readonly insertedSamplesForDeceleration: number;
  readonly removedSamplesForAcceleration: number;
  /** Seconds that the samples that came out had waited since their arrival, summed. */
  readonly jitterBufferDelay: number;
  /** Seconds of the target delay, summed over the samples that came out. */
  readonly jitterBufferTargetDelay: number;
  readonly jitterBufferEmittedCount: number;
  /** Concealments of at least 150 ms, and their seconds. */
  readonly interruptionCount: number;
  readonly totalInterruptionDuration: number;
}

const TOTAL = 0;
const CONCEALED = 1;
const SILENT_CONCEALED = 2;
const EVENTS = 3;
const INSERTED = 4;
const REMOVED = 5;
const DELAY = 6;
const TARGET = 7;
const EMITTED = 8;
const INTERRUPTIONS = 9;
const INTERRUPTED = 10;
const SUMS = 11;

/** Nothing is allocated after construction, except by `report`. */
export class PlayoutStatistics {
  readonly #rateHz: number;
  readonly #sums = new Float64Array(SUMS);
  /** Samples of the concealment that goes on. */
  #run = 0;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** `samples` left the line; together they had waited for `waited` samples times samples. */
  noteEmitted(samples: number, waited: number, target: number): void {
    this.#sums[EMITTED]! += samples;
    this.#sums[DELAY]! += waited;
    this.#sums[TARGET]! += target * samples;
  }

  /** `samples` of received audio or intended silence were given out. */
  notePlayed(samples: number): void {
    this.#sums[TOTAL]! += samples;
    this.#run = 0;
  }

  /** `samples` were given out that stand in for missing audio. */
  noteConcealed(samples: number, silent: boolean): void {
    if (this.#run === 0) this.#sums[EVENTS]! += 1;
    const wasInterruption = this.#isInterruption();
    this.#run += samples;
    this.#sums[TOTAL]! += samples;
    this.#sums[CONCEALED]! += samples;
    if (silent) this.#sums[SILENT_CONCEALED]! += samples;
    if (wasInterruption) {
      this.#sums[INTERRUPTED]! += samples;
    } else if (this.#isInterruption()) {
      this.#sums[INTERRUPTIONS]! += 1;
      this.#sums[INTERRUPTED]! += this.#run;
    }
  }

  /** `gain` more samples left the line than were made of them; fewer when negative. */
  noteStretched(gain: number): void {
    if (gain > 0) this.#sums[REMOVED]! += gain;
    else this.#sums[INSERTED]! -= gain;
  }

  /** A copy of the counters as they stand. */
  report(): PlayoutStatisticsReport {
    const sums = this.#sums;
    return {
      totalSamplesReceived: sums[TOTAL]!,
      concealedSamples: sums[CONCEALED]!,
      silentConcealedSamples: sums[SILENT_CONCEALED]!,
      concealmentEvents: sums[EVENTS]!,
      insertedSamplesForDeceleration: sums[INSERTED]!,
      removedSamplesForAcceleration: sums[REMOVED]!,
      jitterBufferDelay: sums[DELAY]! / this.#rateHz,
      jitterBufferTargetDelay: sums[TARGET]! / this.#rateHz,
      jitterBufferEmittedCount: sums[EMITTED]!,
      interruptionCount: sums[INTERRUPTIONS]!,
      totalInterruptionDuration: sums[INTERRUPTED]! / this.#rateHz,
    };
  }

  #isInterruption(): boolean {
    return samplesToMs(this.#run, this.#rateHz) >= INTERRUPTION_MS;
  }
}
