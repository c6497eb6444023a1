// The isochronous exit: audio leaves at every pull, as early as the network lets it without tearing.

import { msToSamples, samplesToMs } from '../media/units.ts';
import { unreachable } from '../unreachable.ts';
import { ArrivalHistory } from './arrival-history.ts';
import { Concealment } from './concealment.ts';
import { DelayEstimator, INTERRUPTION_MS } from './delay-estimator.ts';
import { ElasticLine } from './elastic-line.ts';
import { type FrameCounters, noFrames } from './frame-counters.ts';
import { FrameLine, type FrameOutcome } from './frame-line.ts';
import { PauseMeter } from './pause-meter.ts';
import { type Pace, PlayoutPolicy } from './playout-policy.ts';
import { PlayoutStatistics, type PlayoutStatisticsReport } from './playout-statistics.ts';
import { type PlayoutTuning, playoutTuning } from './playout-tuning.ts';
import { SpeedLedger } from './speed-ledger.ts';

/** What is concealed at least where audio was lost, so that both sides of the hole join. */
const JOIN_MS = 10;

/** Of what the capacity holds, so much may be aimed at; with more, a stall would leave no room for what comes after it. */
const TARGET_SHARE = 0.5;

/** What a stretch of output is made of. A 'cut' is a pause of which a part was left out. */
export type OutputKind = 'audio' | 'stretched' | 'cut' | 'silence' | 'concealed';

/** Is told, in order, what the output is made of, for meters and oracles; keeps nothing that costs a frame anything. */
export interface PlayoutProbe {
  /** `length` samples of output were made of the stream's samples from one position up to another. */
  made(kind: OutputKind, length: number, fromPosition: number, toPosition: number): void;
}

/** How a stream is played out. */
export interface IsochronousBufferOptions {
  /** 8000 to 48000, of the samples and of the timestamps. */
  readonly rateHz: number;
  /** Most samples of a frame. */
  readonly frameSamples: number;
  /** Frames kept at most, a power of two: the cap on the backlog. */
  readonly capacityFrames: number;
  readonly tuning?: Partial<PlayoutTuning> | undefined;
  readonly probe?: PlayoutProbe | undefined;
}

/**
 * Insert frames as they arrive; pull as many samples as the speaker needs, as often as it needs them. Both take the
 * time at which they happen, from one clock with any origin. Nothing is allocated after construction.
 */
export class IsochronousBuffer {
  readonly #rateHz: number;
  readonly #line: FrameLine;
  readonly #arrivals: ArrivalHistory;
  readonly #estimator: DelayEstimator;
  readonly #policy: PlayoutPolicy;
  readonly #ledger: SpeedLedger;
  readonly #pauses: PauseMeter;
  readonly #elastic: ElasticLine;
  readonly #concealment: Concealment;
  readonly #statistics: PlayoutStatistics;
  readonly #counters: FrameCounters = noFrames();
  readonly #probe: PlayoutProbe | null;
  readonly #joinSamples: number;
  /** Time of the first arrival: all times inside are samples since then. */
  readonly #originMs = new Float64Array(1);
  #phase: 'idle' | 'waiting' | 'playing' = 'idle';
  /** Concealed since the last audio, and not yet paid for by audio that proved lost. */
  #concealedSamples = 0;
  #delay = 0;
  #target = 0;

  constructor(options: IsochronousBufferOptions) {
    const { rateHz } = options;
    const capacityMs = samplesToMs(options.capacityFrames * options.frameSamples, rateHz);
    const tuning = playoutTuning(options.tuning, TARGET_SHARE * capacityMs);
    this.#rateHz = rateHz;
    this.#line = new FrameLine(options.capacityFrames, options.frameSamples);
    this.#arrivals = new ArrivalHistory(rateHz);
    this.#estimator = new DelayEstimator(rateHz, tuning);
    this.#policy = new PlayoutPolicy(rateHz, tuning);
    this.#ledger = new SpeedLedger(rateHz);
    this.#pauses = new PauseMeter(rateHz);
    this.#concealment = new Concealment(rateHz);
    this.#elastic = new ElasticLine(
      rateHz,
      tuning.pauseMs,
      this.#line,
      this.#ledger,
      this.#pauses,
      this.#concealment,
    );
    this.#statistics = new PlayoutStatistics(rateHz);
    this.#probe = options.probe ?? null;
    this.#joinSamples = msToSamples(JOIN_MS, rateHz);
  }

  /** The delay of what is played now against the fastest arrival, as of the last pull. */
  get delayMs(): number {
    return samplesToMs(this.#delay, this.#rateHz);
  }

  /** The delay aimed at, as of the last pull. */
  get targetDelayMs(): number {
    return samplesToMs(this.#target, this.#rateHz);
  }

  /** Frames kept and not yet played to their end. */
  get backlogFrames(): number {
    return this.#line.backlogFrames;
  }

  /** What became of the frames: received = played + duplicate + late + overrun + overlap + `backlogFrames`. */
  get counters(): Readonly<FrameCounters> {
    this.#counters.played = this.#line.playedFrames;
    this.#counters.lost = this.#line.lostFrames;
    return this.#counters;
  }

  /** A copy of the lifetime counters. */
  statistics(): PlayoutStatisticsReport {
    return this.#statistics.report();
  }

  /** Takes one frame; the samples are copied. Only 'accepted' frames will be played. */
  insert(
    sequence: number,
    timestamp: number,
    samples: Int16Array,
    offset: number,
    length: number,
    nowMs: number,
  ): FrameOutcome {
    if (this.#phase === 'idle') {
      this.#originMs[0] = nowMs;
      this.#phase = 'waiting';
    }
    const clock = this.#clock(nowMs);
    const outcome = this.#line.insert(sequence, timestamp, clock, samples, offset, length);
    this.#counters.received++;
    if (outcome !== 'accepted') this.#counters[outcome]++;
    if (outcome === 'accepted' || outcome === 'late') {
      this.#arrivals.note(this.#line.positionOf(timestamp), length, clock);
    }
    return outcome;
  }

  /** Fills `into[offset … offset + length)` with what is to be heard next; with zeros before playout begins. */
  pull(into: Int16Array, offset: number, length: number, nowMs: number): void {
    const clock = this.#clock(nowMs);
    if (this.#phase !== 'idle') this.#observe(clock, length);
    if (this.#phase !== 'playing') {
      into.fill(0, offset, offset + length);
      return;
    }
    let filled = 0;
    while (filled < length) {
      filled += this.#fill(into, offset + filled, length - filled, clock + filled);
    }
  }

  #observe(clock: number, length: number): void {
    this.#arrivals.settle(clock, length);
    const { delay, overtakenDelay, endPosition, fastest } = this.#arrivals;
    this.#estimator.observe(delay, overtakenDelay, endPosition, fastest);
    this.#target = this.#estimator.targetSamples(clock, fastest);
    this.#delay = this.#delayAt(clock);
    if (this.#phase === 'waiting' && this.#delay >= this.#target) this.#phase = 'playing';
  }

  /** Puts up to `length` samples into place and returns how many; 0 when it has only made some ready. */
  #fill(into: Int16Array, offset: number, length: number, clock: number): number {
    if (this.#elastic.readySamples > 0) {
      const taken = this.#elastic.take(into, offset, length);
      this.#played(into, offset, taken);
      return taken;
    }
    const ahead = this.#line.aheadSamples;
    if (ahead === 0) return this.#bridge(into, offset, length, clock);
    if (!this.#concealment.active && ahead >= this.#elastic.leastSamples) {
      if (this.#changePace(clock, ahead)) return 0;
    }
    return this.#play(into, offset, Math.min(ahead, length), clock);
  }

  #changePace(clock: number, ahead: number): boolean {
    const delay = this.#delayAt(clock);
    const sinceArrival = clock - this.#arrivals.settledAt;
    const { stretchedShare } = this.#ledger;
    const pace = this.#policy.decide(delay, ahead, this.#target, sinceArrival, stretchedShare);
    const read = this.#makeAtPace(pace, Math.min(delay, ahead) - this.#target, ahead);
    if (read === 0) return false;
    const made = this.#elastic.readySamples;
    this.#statistics.noteStretched(read - made);
    this.#advance(this.#elastic.isCut ? 'cut' : 'stretched', made, read, clock);
    return true;
  }

  #makeAtPace(pace: Pace, excess: number, ahead: number): number {
    switch (pace) {
      case 'natural':
        return 0;
      case 'slower':
        return this.#elastic.makeSlower();
      case 'faster':
        return ahead < this.#elastic.spanSamples ? 0 : this.#elastic.makeFaster(excess);
      default:
        return unreachable(pace);
    }
  }

  #play(into: Int16Array, offset: number, length: number, clock: number): number {
    if (this.#concealedSamples > 0) this.#endConcealment(clock);
    this.#line.peek(into, offset, length);
    this.#advance('audio', length, length, clock);
    this.#concealment.merge(into, offset, length);
    this.#ledger.note(length, 0);
    this.#played(into, offset, length);
    return length;
  }

  /** Nothing can be read: silence that was meant, audio that is lost, or audio that is late. */
  #bridge(into: Int16Array, offset: number, length: number, clock: number): number {
    const hole = this.#line.holeSamples;
    if (hole < 0) return this.#conceal(into, offset, length);
    if (this.#line.holeIsSilence) return this.#passSilence(into, offset, length, clock, hole);
    const spare = Math.max(0, this.#delayAt(clock) - this.#concealedSamples - this.#target);
    const wanted = Math.max(Math.min(hole, this.#joinSamples), hole - spare);
    if (this.#concealedSamples >= wanted) {
      this.#line.skip(hole);
      return 0;
    }
    return this.#conceal(into, offset, Math.min(length, wanted - this.#concealedSamples));
  }

  /** What was concealed before it was known to be silence pays for it; of the rest, as much as of a pause may go. */
  #passSilence(
    into: Int16Array,
    offset: number,
    length: number,
    clock: number,
    hole: number,
  ): number {
    if (this.#concealedSamples > 0) {
      const paid = Math.min(hole, this.#concealedSamples);
      this.#line.skip(paid);
      this.#concealedSamples -= paid;
      return 0;
    }
    const cut = this.#elastic.pauseToCut(this.#delayAt(clock) - this.#target, hole);
    if (cut > 0) {
      this.#line.skip(cut);
      this.#statistics.noteStretched(cut);
      return 0;
    }
    const silent = Math.min(hole, length);
    into.fill(0, offset, offset + silent);
    this.#probe?.made('silence', silent, this.#line.position, this.#line.position + silent);
    this.#line.skip(silent);
    this.#concealment.merge(into, offset, silent);
    this.#played(into, offset, silent);
    return silent;
  }

  #conceal(into: Int16Array, offset: number, length: number): number {
    this.#concealment.conceal(into, offset, length);
    this.#concealedSamples += length;
    this.#pauses.interrupted();
    this.#ledger.note(length, 0);
    this.#statistics.noteConcealed(length, this.#concealment.silent);
    this.#probe?.made('concealed', length, this.#line.position, this.#line.position);
    return length;
  }

  #endConcealment(clock: number): void {
    const delay = this.#delayAt(clock);
    const isInterruption = this.#concealedSamples >= msToSamples(INTERRUPTION_MS, this.#rateHz);
    if (isInterruption && delay >= this.#concealedSamples) {
      this.#estimator.noteInterruption(delay, clock);
    }
    this.#concealedSamples = 0;
  }

  #advance(kind: OutputKind, made: number, read: number, clock: number): void {
    const from = this.#line.position;
    this.#probe?.made(kind, made, from, from + read);
    this.#statistics.noteEmitted(read, read * clock - this.#line.advance(read), this.#target);
  }

  #played(samples: Int16Array, offset: number, length: number): void {
    this.#concealment.played(samples, offset, length);
    this.#pauses.played(samples, offset, length);
    this.#statistics.notePlayed(length);
  }

  #delayAt(clock: number): number {
    return clock - this.#line.position - this.#arrivals.fastest;
  }

  #clock(nowMs: number): number {
    return msToSamples(nowMs - this.#originMs[0]!, this.#rateHz);
  }
}
