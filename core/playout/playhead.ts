// The estimate of where the client's playhead is, from its reports.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';

/** Samples that a perfect clock plays in a millisecond. */
const SAMPLES_PER_MS = ENGINE_RATE_HZ / 1000;

/** Reports that the line is fitted to: 3.2 s at five a second; a power of two. */
const FITTED_REPORTS = 16;

/** A sound card's clock is off by less than 0.1 %. */
const MAX_SLOPE = 1e-3;

/** A run this long tells the slope: 3 ms of network noise make 300 ppm of it, and less as it goes on. */
const SLOPE_BASELINE_MS = 10_000;

/** So long after a start, a report can have left the client before it. */
const CROSSING_MS = 1000;

/** A report beyond what can have been played since the start, and by more than this (20 ms), left before the start. */
const CROSSING_SLACK_SAMPLES = 320;

export interface PlayheadSnapshot {
  readonly running?: boolean | undefined;
  readonly anchorPosition?: number | undefined;
  readonly anchorMs?: number | undefined;
  readonly startPosition?: number | undefined;
  readonly startMs?: number | undefined;
  readonly newestMs?: number | undefined;
  readonly reports?: number | undefined;
  readonly trusted?: boolean | undefined;
  readonly unprovenPosition?: number | undefined;
  readonly firstPosition?: number | undefined;
  readonly firstMs?: number | undefined;
  readonly newestPosition?: number | undefined;
  readonly unsettled?: boolean | undefined;
  readonly slope?: number | undefined;
  readonly positions?: Float64Array | undefined;
  readonly times?: Float64Array | undefined;
}

/**
 * A line through the reports on the track (16 kHz samples in the order in which they were sent). The network can only
 * make a report late, so the line goes through the earliest of the last reports, never above them all; between a start
 * and the first report it is assumed that playing began at once. The line ends `holdMs` after the newest report.
 */
export class Playhead {
  #holdMs: number;
  #phase: 'resting' | 'running' = 'resting';
  /** The line passes here. */
  #anchorPosition = 0;
  #anchorMs = 0;
  #startPosition = 0;
  #startMs = 0;
  /** Time of the newest report, or of the start. */
  #newestMs = 0;
  #newestPosition = 0;
  /** The newest report told of a player that stood still, so the next still looks back on that. */
  #unsettled = false;
  /** Reports since the start, or since the player last stood still. */
  #reports = 0;
  /** A report of this run came, or its start is one. */
  #trusted = true;
  /** Where the first of the runs began that no report has confirmed. */
  #unprovenPosition = 0;
  /** The anchor when the first FITTED_REPORTS had come: from there the slope is measured. */
  #firstPosition = 0;
  #firstMs = 0;
  /** Deviation of the client's clock; outlives the runs. */
  #slope = 0;
  readonly #positions = new Float64Array(FITTED_REPORTS);
  readonly #times = new Float64Array(FITTED_REPORTS);

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  configure(holdMs: number): void {
    this.#holdMs = holdMs;
  }

  /** Nothing plays; the playhead stays at this position. */
  rest(position: number): void {
    this.#phase = 'resting';
    this.#anchorPosition = position;
    this.#startPosition = position;
    this.#trusted = true;
  }

  /** The client is asked to stop, and assumed to have stopped here: what of this run was not confirmed still is not. */
  stop(position: number): void {
    this.#phase = 'resting';
    this.#anchorPosition = position;
    this.#startPosition = position;
  }

  /** Playing is assumed to begin here and now. */
  start(position: number, nowMs: number): void {
    if (this.#trusted) this.#unprovenPosition = position;
    this.#run(position, nowMs);
    this.#trusted = false;
  }

  /** Playing goes on: the client itself has just said where it is. */
  resume(position: number, nowMs: number): void {
    this.#run(position, nowMs);
    this.#startMs = nowMs - CROSSING_MS;
    this.#trusted = true;
    this.#fit(position, nowMs);
  }

  /**
   * The client was here when it wrote the report that has just come. `ranDry`: it has found nothing to play meanwhile.
   * From such a report, from one that has not moved, and from the one after it, the line is drawn anew.
   */
  report(position: number, nowMs: number, ranDry: boolean): void {
    if (this.#phase === 'resting' || this.#leftBeforeStart(position, nowMs)) return;
    const stoodStill = ranDry || position <= this.#newestPosition;
    if (stoodStill || this.#unsettled) this.#reports = 0;
    this.#unsettled = stoodStill;
    this.#trusted = true;
    this.#fit(position, nowMs);
    if (this.#reports === FITTED_REPORTS) {
      this.#firstPosition = this.#anchorPosition;
      this.#firstMs = this.#anchorMs;
    } else if (this.#reports > FITTED_REPORTS) {
      this.#learnSlope();
    }
  }

  /** The player has given so much output that was not content: it is that much behind the line, and so is every report. */
  delay(samples: number): void {
    if (this.#phase === 'resting') return;
    this.#anchorPosition -= samples;
    this.#firstPosition -= samples;
    for (let index = 0; index < FITTED_REPORTS; index++) this.#positions[index]! -= samples;
  }

  position(nowMs: number): number {
    if (this.#phase === 'resting') return this.#anchorPosition;
    const elapsedMs = Math.min(nowMs, this.#newestMs + this.#holdMs) - this.#anchorMs;
    return this.#anchorPosition + Math.max(0, elapsedMs) * this.#rate;
  }

  /** Like `position`, but runs without a single report have not moved: perhaps nothing of them has arrived. */
  provenPosition(nowMs: number): number {
    return this.#trusted ? this.position(nowMs) : this.#unprovenPosition;
  }

  /** When the playhead reaches a position: 0 when it is there already, Infinity when only another report can tell. */
  timeAtMs(position: number): number {
    if (position <= this.#anchorPosition) return 0;
    if (this.#phase === 'resting') return Infinity;
    const timeMs = this.#anchorMs + (position - this.#anchorPosition) / this.#rate;
    return timeMs <= this.#newestMs + this.#holdMs ? timeMs : Infinity;
  }

  /** Since when the client has not said where it is: the newest report, or the start; Infinity while nothing plays. */
  get silentSinceMs(): number {
    return this.#phase === 'running' ? this.#newestMs : Infinity;
  }

  snapshot(): PlayheadSnapshot {
    return {
      running: this.#phase === 'running',
      anchorPosition: this.#anchorPosition,
      anchorMs: this.#anchorMs,
      startPosition: this.#startPosition,
      startMs: this.#startMs,
      newestMs: this.#newestMs,
      reports: this.#reports,
      trusted: this.#trusted,
      unprovenPosition: this.#unprovenPosition,
      firstPosition: this.#firstPosition,
      firstMs: this.#firstMs,
      newestPosition: this.#newestPosition,
      unsettled: this.#unsettled,
      slope: this.#slope,
      positions: this.#positions.slice(),
      times: this.#times.slice(),
    };
  }

  restore(snapshot: PlayheadSnapshot): void {
    this.#phase = snapshot.running === true ? 'running' : 'resting';
    this.#anchorPosition = snapshot.anchorPosition ?? 0;
    this.#anchorMs = snapshot.anchorMs ?? 0;
    this.#startPosition = snapshot.startPosition ?? 0;
    this.#startMs = snapshot.startMs ?? 0;
    this.#newestMs = snapshot.newestMs ?? 0;
    this.#reports = snapshot.reports ?? 0;
    this.#trusted = snapshot.trusted ?? true;
    this.#unprovenPosition = snapshot.unprovenPosition ?? this.#startPosition;
    this.#firstPosition = snapshot.firstPosition ?? 0;
    this.#firstMs = snapshot.firstMs ?? 0;
    this.#newestPosition = snapshot.newestPosition ?? 0;
    this.#unsettled = snapshot.unsettled ?? false;
    this.#slope = snapshot.slope ?? 0;
    if (snapshot.positions !== undefined) this.#positions.set(snapshot.positions);
    if (snapshot.times !== undefined) this.#times.set(snapshot.times);
  }

  get #rate(): number {
    return SAMPLES_PER_MS * (1 + this.#slope);
  }

  #run(position: number, nowMs: number): void {
    this.#phase = 'running';
    this.#anchorPosition = position;
    this.#anchorMs = nowMs;
    this.#startPosition = position;
    this.#startMs = nowMs;
    this.#newestMs = nowMs;
    this.#newestPosition = position;
    this.#unsettled = false;
    this.#reports = 0;
  }

  #leftBeforeStart(position: number, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs >= CROSSING_MS) return false;
    return position > this.#startPosition + elapsedMs * SAMPLES_PER_MS + CROSSING_SLACK_SAMPLES;
  }

  /** Keeps the report and lays the line through the earliest of those kept. */
  #fit(position: number, nowMs: number): void {
    const newest = this.#reports & (FITTED_REPORTS - 1);
    this.#positions[newest] = position;
    this.#times[newest] = nowMs;
    this.#reports++;
    this.#newestMs = nowMs;
    this.#newestPosition = position;
    const kept = Math.min(this.#reports, FITTED_REPORTS);
    let best = newest;
    for (let index = 0; index < kept; index++) {
      const ahead = this.#positions[index]! - this.#positions[best]!;
      if (ahead - (this.#times[index]! - this.#times[best]!) * this.#rate > 0) best = index;
    }
    this.#anchorPosition = this.#positions[best]!;
    this.#anchorMs = this.#times[best]!;
  }

  #learnSlope(): void {
    const baselineMs = this.#anchorMs - this.#firstMs;
    if (baselineMs < SLOPE_BASELINE_MS) return;
    const slope = (this.#anchorPosition - this.#firstPosition) / baselineMs / SAMPLES_PER_MS - 1;
    this.#slope = Math.min(MAX_SLOPE, Math.max(-MAX_SLOPE, slope));
  }
}
