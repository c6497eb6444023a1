// Predicts the echo in each band from what was played, and measures what the microphone has above that.

import { BANDS } from './band-spectrum.ts';
import { ECHO_HOPS } from './echo-lag.ts';

/** Hops before and after the lag that the loudest level is taken from: lags lie between hops. */
const SPAN = 1;

/** An echo dies away by so much in a hop of 8 ms: 60 dB in 0.4 s, a living room. */
const DECAY_DB = 1.2;

/** A prediction is the mean of what was seen, and so many mean deviations. */
const DEVIATIONS = 1;
const LEAST_DEVIATION_DB = 1;

/** Bands this far below the loudest echo hear what loudspeakers add to what they play, not their own sound. */
const OVERTONE_DB = 20;

/** Quieter than this, a level says nothing about the gain. */
const LEAST_PLAYED_DB = 25;
const LEAST_ECHO_DB = 10;

/** Above its noise floor by this, a band hears something; the floor rises by 2.5 dB a second. */
const ACTIVE_DB = 14;
const FLOOR_RISE_DB = 0.02;
const FLOOR_FALL = 0.1;

/** An excess of this much counts whole. */
const WHOLE_EXCESS_DB = 8;

/** Hops that the share is smoothed over: 40 ms. And those of which its start is told. */
const SMOOTHED_HOPS = 5;

/** A share of excess that says that someone else speaks, and one that says they still do. */
const ENTER_SHARE = 0.35;
const STAY_SHARE = 0.12;

/** The caller is believed for so many hops after the share has fallen. */
const HANG_HOPS = 10;

/** Speech began when the share first rose, and has not been low for so many hops since. */
const LOW_HOPS = 10;

/** A gain is learnt within this many hops, and then follows in a hundred; ten times slower while the caller speaks. */
const LEARNING_HOPS = 40;
const STEP = 0.01;
const SLOW = 0.1;

/** No single level moves a gain by more than this. */
const MOST_DB = 20;

/** Below any level. */
const NOTHING_DB = -99;

/** Rows of BANDS numbers each. */
const ROWS = {
  gain: 0,
  spread: 1,
  overtone: 2,
  overtoneSpread: 3,
  overtoneHops: 4,
  tail: 5,
  floor: 6,
};
const ROW_COUNT = 7;

/** State of an echo path. */
export interface EchoPathSnapshot {
  readonly rows: Float64Array;
  readonly excess: Float64Array;
  readonly hops: number;
  readonly nearHops: number;
  readonly lowHops: number;
  readonly sinceHop: number;
}

/** Levels are in dB. Nothing is allocated after construction, except by `snapshot`. */
export class EchoPath {
  readonly #rows = new Float64Array(ROW_COUNT * BANDS);
  /** Excess, then active bands, of the latest hops. */
  readonly #excess = new Float64Array(2 * SMOOTHED_HOPS);
  /** Level of the loudest echo that is expected. */
  readonly #top = new Float64Array(1);
  #hops = 0;
  #nearHops = 0;
  #lowHops = 0;
  #sinceHop = 0;

  /** Gains are known well enough for a judgement. */
  get learnt(): boolean {
    return this.#hops >= LEARNING_HOPS;
  }

  /** Someone is heard whom the echo does not explain. */
  get near(): boolean {
    return this.#nearHops > 0;
  }

  /** Hop since when, as far as that is so. */
  get sinceHop(): number {
    return this.#sinceHop;
  }

  /** The lag is another: what was learnt belongs to another path. */
  restart(): void {
    this.#rows.fill(0, 0, ROWS.floor * BANDS);
    this.#hops = 0;
    this.#nearHops = 0;
  }

  /** What was measured last was measured against the wrong sound: nobody has been heard beside the echo. */
  forgetCaller(): void {
    this.#excess.fill(0);
    this.#nearHops = 0;
    this.#lowHops = LOW_HOPS;
  }

  /** Bands in which the microphone hears more than its noise; the floors begin with the first levels. */
  activeBands(nearDb: Float64Array, isFirst: boolean): number {
    let active = 0;
    for (let band = 0; band < BANDS; band++) {
      const at = ROWS.floor * BANDS + band;
      const floor = isFirst ? nearDb[band]! : this.#rows[at]!;
      const over = nearDb[band]! - floor;
      this.#rows[at] = floor + (over < 0 ? FLOOR_FALL * over : FLOOR_RISE_DB);
      if (over > ACTIVE_DB) active++;
    }
    return active;
  }

  /** Takes a hop of the microphone; `far` is a ring of levels of the speaker, the newest at `hop`. */
  take(nearDb: Float64Array, far: Float32Array, hop: number, lag: number): void {
    this.#expect(far, hop, lag);
    this.#measure(nearDb, hop);
    this.#decide(hop);
    this.#learn(nearDb);
  }

  snapshot(): EchoPathSnapshot {
    return {
      rows: this.#rows.slice(),
      excess: this.#excess.slice(),
      hops: this.#hops,
      nearHops: this.#nearHops,
      lowHops: this.#lowHops,
      sinceHop: this.#sinceHop,
    };
  }

  restore(snapshot: EchoPathSnapshot): void {
    this.#rows.set(snapshot.rows);
    this.#excess.set(snapshot.excess);
    this.#hops = snapshot.hops;
    this.#nearHops = snapshot.nearHops;
    this.#lowHops = snapshot.lowHops;
    this.#sinceHop = snapshot.sinceHop;
  }

  /** What was played that long ago, ringing on. */
  #expect(far: Float32Array, hop: number, lag: number): void {
    this.#top[0] = NOTHING_DB;
    for (let band = 0; band < BANDS; band++) {
      const tail = ROWS.tail * BANDS + band;
      let played = Math.max(0, this.#rows[tail]! - DECAY_DB);
      for (let shift = Math.max(0, lag - SPAN); shift <= lag + SPAN; shift++) {
        const level = far[((hop - shift) & (ECHO_HOPS - 1)) * BANDS + band]!;
        if (level > played) played = level;
      }
      this.#rows[tail] = played;
      const echo = this.#echo(band);
      if (echo > this.#top[0]!) this.#top[0] = echo;
    }
  }

  #echo(band: number): number {
    const played = this.#rows[ROWS.tail * BANDS + band]!;
    return played > 3 ? played + this.#rows[ROWS.gain * BANDS + band]! : NOTHING_DB;
  }

  #measure(nearDb: Float64Array, hop: number): void {
    let active = 0;
    let excess = 0;
    for (let band = 0; band < BANDS; band++) {
      const near = nearDb[band]!;
      if (near <= this.#rows[ROWS.floor * BANDS + band]! + ACTIVE_DB) continue;
      active++;
      const over = near - this.#ceiling(band);
      if (over > 0) excess += over < WHOLE_EXCESS_DB ? over / WHOLE_EXCESS_DB : 1;
    }
    this.#excess[hop % SMOOTHED_HOPS] = excess;
    this.#excess[SMOOTHED_HOPS + (hop % SMOOTHED_HOPS)] = active;
  }

  /** The most that an echo is expected to reach. */
  #ceiling(band: number): number {
    const rows = this.#rows;
    const spread = Math.max(LEAST_DEVIATION_DB, rows[ROWS.spread * BANDS + band]!);
    const own = this.#echo(band) + DEVIATIONS * spread;
    if (rows[ROWS.overtoneHops * BANDS + band]! < 10 || this.#top[0]! <= 0) return own;
    const width = Math.max(LEAST_DEVIATION_DB, rows[ROWS.overtoneSpread * BANDS + band]!);
    const overtone = this.#top[0]! + rows[ROWS.overtone * BANDS + band]! + DEVIATIONS * width;
    return Math.max(own, overtone);
  }

  #decide(hop: number): void {
    let excess = 0;
    let active = 0;
    for (let index = 0; index < SMOOTHED_HOPS; index++) {
      excess += this.#excess[index]!;
      active += this.#excess[SMOOTHED_HOPS + index]!;
    }
    // Fewer than a band in each hop is no voice, and three bands are the least that a share is taken of.
    const share = active < SMOOTHED_HOPS ? 0 : excess / Math.max(active, 3 * SMOOTHED_HOPS);
    this.#lowHops = share >= STAY_SHARE ? 0 : this.#lowHops + 1;
    if (this.#lowHops > LOW_HOPS) this.#sinceHop = hop + 1;
    const isNear = share >= (this.#nearHops > 0 ? STAY_SHARE : ENTER_SHARE);
    if (!this.learnt) this.#nearHops = 0;
    else this.#nearHops = isNear ? HANG_HOPS : Math.max(0, this.#nearHops - 1);
  }

  #learn(nearDb: Float64Array): void {
    this.#hops++;
    const top = this.#top[0]!;
    for (let band = 0; band < BANDS; band++) {
      const played = this.#rows[ROWS.tail * BANDS + band]!;
      const echo = this.#echo(band);
      if (top > LEAST_ECHO_DB && echo < top - OVERTONE_DB) {
        const hops = ++this.#rows[ROWS.overtoneHops * BANDS + band]!;
        this.#move(ROWS.overtone, band, nearDb[band]! - top, hops);
      } else if (played > LEAST_PLAYED_DB) {
        this.#move(ROWS.gain, band, nearDb[band]! - played, this.#hops);
      }
    }
  }

  /** Moves the mean in a row, and its spread in the row after it, towards a level. */
  #move(row: number, band: number, level: number, hops: number): void {
    const mean = row * BANDS + band;
    const spread = mean + BANDS;
    if (hops === 1) this.#rows[mean] = level;
    const step = Math.max(STEP, 1 / hops) * (this.#nearHops > 0 ? SLOW : 1);
    const error = Math.max(-MOST_DB, Math.min(MOST_DB, level - this.#rows[mean]!));
    this.#rows[mean]! += step * error;
    this.#rows[spread]! += step * (Math.abs(error) - this.#rows[spread]!);
  }
}
