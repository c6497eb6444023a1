// Reads a line of frames faster or slower: whole pitch periods of speech, and pauses, are left out or put in.

import { msToSamples } from '../media/units.ts';
import type { Concealment } from './concealment.ts';
import type { FrameLine } from './frame-line.ts';
import type { PauseMeter } from './pause-meter.ts';
import type { SpeedLedger } from './speed-ledger.ts';
import { TimeStretch } from './time-stretch.ts';

/** How far a pause is looked for. */
const LOOK_MS = 200;

/** Playing slower repeats what is heard just now; it needs no more of what comes than it repeats. */
const LEAST_MS = 10;

/** The seam in a pause, and what is left of it before the speech after it. */
const SEAM_MS = 5;
const LEAD_IN_MS = 20;

/**
 * One operation at a time: what it makes is then `take`n, before anything else is read from the line.
 * Nothing is allocated after construction.
 */
export class ElasticLine {
  /** Samples of the line that are needed to play faster, and slower. */
  readonly spanSamples: number;
  readonly leastSamples: number;
  readonly #line: FrameLine;
  readonly #ledger: SpeedLedger;
  readonly #pauses: PauseMeter;
  readonly #stretch: TimeStretch;
  readonly #seamSamples: number;
  readonly #leadInSamples: number;
  readonly #pauseSamples: number;
  /** Remembers what was given out last. */
  readonly #concealment: Concealment;
  readonly #look: Int16Array;
  readonly #ready: Int16Array;
  #readyFrom = 0;
  #readyTo = 0;
  #isCut = false;

  /** What is left of a pause is at least `pauseMs`. */
  constructor(
    rateHz: number,
    pauseMs: number,
    line: FrameLine,
    ledger: SpeedLedger,
    pauses: PauseMeter,
    concealment: Concealment,
  ) {
    this.#concealment = concealment;
    this.#line = line;
    this.#ledger = ledger;
    this.#pauses = pauses;
    this.#stretch = new TimeStretch(rateHz);
    this.spanSamples = this.#stretch.spanSamples;
    this.#seamSamples = msToSamples(SEAM_MS, rateHz);
    this.#leadInSamples = msToSamples(LEAD_IN_MS, rateHz);
    this.#pauseSamples = msToSamples(pauseMs, rateHz);
    this.leastSamples = msToSamples(LEAST_MS, rateHz);
    this.#look = new Int16Array(msToSamples(LOOK_MS, rateHz));
    this.#ready = new Int16Array(2 * this.spanSamples);
  }

  /** Samples made and not yet taken. */
  get readySamples(): number {
    return this.#readyTo - this.#readyFrom;
  }

  /** Whether the samples made last are of a pause that was cut. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Takes up to `length` of the samples made; returns how many. */
  take(into: Int16Array, offset: number, length: number): number {
    const taken = Math.min(length, this.readySamples);
    for (let index = 0; index < taken; index++) {
      into[offset + index] = this.#ready[this.#readyFrom + index]!;
    }
    this.#readyFrom += taken;
    return taken;
  }

  /**
   * Makes the next samples with up to `excess` left out, of a pause or of speech; returns the line's samples read, 0 when
   * nothing could be left out. The line has `spanSamples` ahead.
   */
  makeFaster(excess: number): number {
    const look = Math.min(this.#look.length, this.#line.aheadSamples);
    this.#line.peek(this.#look, 0, look);
    const cut = this.pauseToCut(excess, this.#pauses.quietAhead(this.#look, 0, look));
    if (cut >= this.#seamSamples) return this.#cutPause(cut);
    const limit = Math.min(excess, this.#ledger.removableSamples);
    if (limit <= 0) return 0;
    const span = this.spanSamples;
    const written = this.#stretch.shorten(this.#look, 0, span, limit, this.#ready, 0);
    return written === span ? 0 : this.#deliver(0, written, span);
  }

  /** Makes the next samples with some put in, as many as the ledger permits. The line has `leastSamples` ahead. */
  makeSlower(): number {
    const span = this.spanSamples;
    // The stretch changes nothing before its last period, so what was played may stand for the rest of its span.
    const fresh = Math.min(span >> 1, this.#line.aheadSamples);
    const limit = Math.min(fresh, this.#ledger.insertableSamples);
    const past = span - fresh;
    if (limit <= 0 || this.#concealment.pastSamples < past) return 0;
    this.#concealment.copyPast(this.#look, past);
    this.#line.peek(this.#look, past, fresh);
    const written = this.#stretch.lengthen(this.#look, 0, span, limit, this.#ready, 0);
    return written === span ? 0 : this.#deliver(past, written, fresh);
  }

  /** How much of the next `quiet` samples of pause may be left out, at most `excess`. Negative for none. */
  pauseToCut(excess: number, quiet: number): number {
    const kept = Math.max(this.#leadInSamples, this.#pauseSamples - this.#pauses.quietSamples);
    return Math.min(excess, quiet - kept);
  }

  #cutPause(cut: number): number {
    const seam = this.#seamSamples;
    for (let index = 0; index < seam; index++) {
      const before = this.#look[index]! * (seam - index);
      const after = this.#look[cut + index]! * index;
      this.#ready[index] = Math.round((before + after) / seam);
    }
    this.#readyFrom = 0;
    this.#readyTo = seam;
    this.#isCut = true;
    this.#ledger.note(seam, 0);
    this.#ledger.noteStretched(cut, 0);
    return cut + seam;
  }

  #deliver(from: number, to: number, read: number): number {
    this.#readyFrom = from;
    this.#readyTo = to;
    this.#isCut = false;
    this.#ledger.note(to - from, read - (to - from));
    return read;
  }
}
