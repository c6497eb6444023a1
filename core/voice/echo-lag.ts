// Finds how late the speaker's sound comes back through the microphone, by the correlation of levels in bands over time.

import { BANDS } from './band-spectrum.ts';

/** Hops that are remembered, 1.02 s; a power of two. */
export const ECHO_HOPS = 2 ** 7;

/** Lags looked at: 0 to 608 ms. An echo comes after 60 to 500 ms; the lower ones show what is not one. */
export const LAGS = 77;

/** What one hop of 8 ms leaves of the past: half of it after 0.7 s. */
const KEEP = 0.992;

/** A band's mean level follows within half a second. */
const MEAN_STEP = 0.02;

/** Levels further from their mean than this, in dB, say no more. */
const MOST_DB = 18;

/** Two voices that have nothing to do with each other reach 0.35 in a second, an echo 0.55 and more. */
const LEAST_CORRELATION = 0.5;

/** A correlation of fewer hops than this is chance … */
const LEAST_HOPS = 80;

/** … and so is a best lag that does not stay for so many hops. */
const STABLE_HOPS = 30;

const NONE = -1;

/** State of a lag tracker. */
export interface EchoLagSnapshot {
  readonly lag: number;
  readonly best: number;
  readonly stableHops: number;
  readonly hops: number;
  readonly isFirst: boolean;
  readonly sums: Float64Array;
  readonly means: Float64Array;
}

/** Levels are in dB. Nothing is allocated after construction, except by `snapshot`. */
export class EchoLag {
  /** Hops between what was played and its echo, −1 while none is known. */
  lag = NONE;
  #best = 0;
  #stableHops = 0;
  /** Hops that were correlated. */
  #hops = 0;
  #isFirst = true;
  /** For each lag the product with the microphone, then the power of what was played; last the microphone's power. */
  readonly #sums = new Float64Array(2 * LAGS + 1);
  /** Mean levels of the microphone, then of the speaker. */
  readonly #means = new Float64Array(2 * BANDS);
  readonly #near = new Float64Array(BANDS);

  get known(): boolean {
    return this.lag !== NONE;
  }

  /** Takes the microphone's levels; `far` is a ring of ECHO_HOPS levels of the speaker, the newest at `hop`. True when the lag is another. */
  take(
    nearDb: Float64Array,
    far: Float32Array,
    hop: number,
    isPlaying: boolean,
    isActive: boolean,
  ): boolean {
    this.#follow(nearDb, far, (hop & (ECHO_HOPS - 1)) * BANDS, isPlaying);
    // What the room itself sounds like tells nothing.
    if (!isActive) return false;
    this.#hops++;
    this.#correlate(far, hop);
    if (this.#hops < LEAST_HOPS || this.#stableHops < STABLE_HOPS) return false;
    if (Math.abs(this.#best - this.lag) <= 1 && this.known) return false;
    if (this.#correlationAt(this.#best) < LEAST_CORRELATION) return false;
    this.lag = this.#best;
    return true;
  }

  snapshot(): EchoLagSnapshot {
    return {
      lag: this.lag,
      best: this.#best,
      stableHops: this.#stableHops,
      hops: this.#hops,
      isFirst: this.#isFirst,
      sums: this.#sums.slice(),
      means: this.#means.slice(),
    };
  }

  restore(snapshot: EchoLagSnapshot): void {
    this.lag = snapshot.lag;
    this.#best = snapshot.best;
    this.#stableHops = snapshot.stableHops;
    this.#hops = snapshot.hops;
    this.#isFirst = snapshot.isFirst;
    this.#sums.set(snapshot.sums);
    this.#means.set(snapshot.means);
  }

  #follow(nearDb: Float64Array, far: Float32Array, at: number, isPlaying: boolean): void {
    const step = this.#isFirst ? 1 : MEAN_STEP;
    this.#isFirst = false;
    for (let band = 0; band < BANDS; band++) {
      const near = nearDb[band]!;
      this.#means[band]! += step * (near - this.#means[band]!);
      if (isPlaying || step === 1)
        this.#means[BANDS + band]! += step * (far[at + band]! - this.#means[BANDS + band]!);
      this.#near[band] = clamped(near - this.#means[band]!);
    }
  }

  #correlate(far: Float32Array, hop: number): void {
    const power = 2 * LAGS;
    this.#sums[power]! *= KEEP;
    for (let band = 0; band < BANDS; band++)
      this.#sums[power]! += this.#near[band]! * this.#near[band]!;
    let best = 0;
    for (let lag = 0; lag < LAGS; lag++) {
      this.#add(far, ((hop - lag) & (ECHO_HOPS - 1)) * BANDS, lag);
      if (this.#correlationAt(lag) > this.#correlationAt(best)) best = lag;
    }
    this.#stableHops = Math.abs(best - this.#best) <= 1 ? this.#stableHops + 1 : 0;
    this.#best = best;
  }

  #add(far: Float32Array, at: number, lag: number): void {
    let product = 0;
    let power = 0;
    for (let band = 0; band < BANDS; band++) {
      const level = clamped(far[at + band]! - this.#means[BANDS + band]!);
      product += level * this.#near[band]!;
      power += level * level;
    }
    this.#sums[lag] = KEEP * this.#sums[lag]! + product;
    this.#sums[LAGS + lag] = KEEP * this.#sums[LAGS + lag]! + power;
  }

  #correlationAt(lag: number): number {
    const powers = this.#sums[LAGS + lag]! * this.#sums[2 * LAGS]!;
    return powers > 0 ? this.#sums[lag]! / Math.sqrt(powers) : 0;
  }
}

function clamped(levelDb: number): number {
  if (levelDb > MOST_DB) return MOST_DB;
  return levelDb < -MOST_DB ? -MOST_DB : levelDb;
}
