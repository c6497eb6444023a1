// Keeps an agent from hearing itself: tells the caller's voice from the echo of what the speaker plays.

import type { SampleRing } from '../media/sample-ring.ts';
import { BANDS, BandSpectrum, SPECTRUM_SAMPLES } from './band-spectrum.ts';
import { ECHO_HOPS, EchoLag, type EchoLagSnapshot, LAGS } from './echo-lag.ts';
import { EchoPath, type EchoPathSnapshot } from './echo-path.ts';
import type { SpeechGate } from './speech-gate.ts';
import type { WorkBudget } from './work-ledger.ts';

/** 'auto' believes that there is no echo when it has listened for one and found none, 'on' never does. */
export type EchoGuardMode = 'off' | 'on' | 'auto';

/** What the guard must know of the speaker; positions are those of the microphone, 16 kHz samples. */
export interface FarEnd {
  /** Writes what was played in the `into.length` samples before `sample`; false when that was nothing. */
  playedBefore(sample: number, into: Float64Array): boolean;
  /** Something should be playing by now, and nobody has said since when. */
  readonly unsure: boolean;
  /** Position from which on it is known better now what was played, Infinity for none; asked before every hop. */
  takeCorrection(): number;
}

/** Samples of one step, 8 ms. */
const HOP_SAMPLES = SPECTRUM_SAMPLES / 2;

/**
 * Cost of a hop: 1,024 butterflies of 4 multiply-adds, 3,000 for the correlation at 77 lags of 19 bands, and less than
 * 900 for bands and prediction. A window has four: a tenth of what the kernel costs, and only while something plays.
 */
export const ECHO_UNITS_PER_HOP = 8;

/** Longest echo: lag and reverberation. After so many hops without sound there is none. */
const REST_HOPS = 110;

/** Judgements that are kept for windows whose score comes late: 8.2 s; a power of two. */
const KEPT_HOPS = 2 ** 10;

/** Speech goes on across pauses of so many windows. */
const TALKING_WINDOWS = 6;

/** So much of the microphone's sound during speech, and still no echo found: there is none. */
const SEARCHED_HOPS = 190;

/** So much of the microphone's silence (320 ms) while half a second of speech has been playing: there is none. */
const QUIET_HOPS = 40;
const PLAYED_HOPS = 64;

/** Mean level of the bands from which on an echo 30 dB below would be heard. */
const AUDIBLE_DB = 36;

/** A caller who speaks within this time (1 s) of an echo may have been hidden by it. */
const REFUSED_SAMPLES = 16_000;

/** Fewer bands than this are not a sound. */
const LEAST_BANDS = 3;

/** Of a speaker that has fallen silent, the echo is over so long after the lag: 200 ms of reverberation. */
const RINGING_HOPS = 25;

/** `last`: nothing plays any more, and the echo of what did is not over. */
const JUDGEMENT = { caller: 0, echo: 1, unknown: 2, last: 3 };

/** State of a guard. */
export interface EchoGuardSnapshot {
  readonly hop: number;
  readonly restHops: number;
  readonly playedHops: number;
  readonly searchedHops: number;
  readonly quietHops: number;
  readonly talkingWindows: number;
  readonly refusedSample: number;
  readonly far: Float32Array;
  readonly judgements: Uint8Array;
  readonly lag: EchoLagSnapshot;
  readonly path: EchoPathSnapshot;
}

/**
 * Compares the microphone with what was played, in hops of 8 ms and bands of a third of an octave: the lag by correlation, the
 * gain of each band by what is usual, the caller by what exceeds that. Nothing is allocated after construction, except
 * by `snapshot`; work is done only while something plays, and for a second after that.
 */
export class EchoGuard implements SpeechGate {
  readonly #mode: EchoGuardMode;
  readonly #farEnd: FarEnd;
  readonly #budget: WorkBudget;
  readonly #spectrum = new BandSpectrum();
  readonly #microphone = new Int16Array(SPECTRUM_SAMPLES);
  readonly #far = new Float32Array(ECHO_HOPS * BANDS);
  readonly #judgements = new Uint8Array(KEPT_HOPS);
  readonly #lag = new EchoLag();
  readonly #path = new EchoPath();
  #hop = 0;
  /** Hops without sound from the speaker. */
  #restHops = REST_HOPS + 1;
  /** Hops with sound, of the latest. */
  #playedHops = 0;
  #searchedHops = 0;
  #quietHops = 0;
  #talkingWindows = 0;
  /** End of the last speech that was taken for an echo. */
  #refusedSample = Number.NEGATIVE_INFINITY;

  constructor(mode: EchoGuardMode, farEnd: FarEnd, budget: WorkBudget) {
    this.#mode = mode;
    this.#farEnd = farEnd;
    this.#budget = budget;
  }

  /** Echo comes back so long after it was played, null while there is none. */
  get lagMs(): number | null {
    return this.#lag.known ? this.#lag.lag * 8 : null;
  }

  get callerSinceSample(): number {
    if (this.#hop * HOP_SAMPLES > this.#refusedSample + REFUSED_SAMPLES)
      return Number.POSITIVE_INFINITY;
    return this.#path.sinceHop * HOP_SAMPLES;
  }

  heard(microphone: SampleRing): void {
    if (this.#mode === 'off') return;
    const endHop = Math.floor(microphone.endPosition / HOP_SAMPLES);
    // Silence or a loss as long as that is not looked at.
    if (endHop - this.#hop > KEPT_HOPS) this.#hop = endHop - KEPT_HOPS;
    while (this.#hop < endHop) this.#advance(microphone);
  }

  admits(toSample: number, isLoud: boolean): boolean {
    if (this.#mode === 'off') return true;
    const judgement = this.#judgementBefore(toSample);
    // Who has been speaking since before anything played is no echo.
    const admitted =
      judgement === JUDGEMENT.caller ||
      (judgement === JUDGEMENT.unknown && this.#talkingWindows > 0);
    if (!admitted && isLoud && this.#lag.known) this.#refusedSample = toSample;
    if (admitted && isLoud) this.#talkingWindows = TALKING_WINDOWS;
    else if (this.#talkingWindows > 0) this.#talkingWindows--;
    return admitted;
  }

  hides(toSample: number): boolean {
    return this.#mode !== 'off' && this.#judgementBefore(toSample) === JUDGEMENT.last;
  }

  snapshot(): EchoGuardSnapshot {
    return {
      hop: this.#hop,
      restHops: this.#restHops,
      playedHops: this.#playedHops,
      searchedHops: this.#searchedHops,
      quietHops: this.#quietHops,
      talkingWindows: this.#talkingWindows,
      refusedSample: this.#refusedSample,
      far: this.#far.slice(),
      judgements: this.#judgements.slice(),
      lag: this.#lag.snapshot(),
      path: this.#path.snapshot(),
    };
  }

  restore(snapshot: EchoGuardSnapshot): void {
    this.#hop = snapshot.hop;
    this.#restHops = snapshot.restHops;
    this.#playedHops = snapshot.playedHops;
    this.#searchedHops = snapshot.searchedHops;
    this.#quietHops = snapshot.quietHops;
    this.#talkingWindows = snapshot.talkingWindows;
    this.#refusedSample = snapshot.refusedSample;
    this.#far.set(snapshot.far);
    this.#judgements.set(snapshot.judgements);
    this.#lag.restore(snapshot.lag);
    this.#path.restore(snapshot.path);
  }

  get #isResting(): boolean {
    return this.#restHops > REST_HOPS;
  }

  #judgementBefore(sample: number): number {
    const hop = Math.floor(sample / HOP_SAMPLES) - 1;
    return this.#judgements[hop & (KEPT_HOPS - 1)]!;
  }

  #advance(microphone: SampleRing): void {
    this.#correct();
    const hop = this.#hop++;
    const endSample = (hop + 1) * HOP_SAMPLES;
    const wasResting = this.#isResting;
    const isPlaying = this.#farEnd.playedBefore(endSample, this.#spectrum.second);
    this.#restHops = isPlaying ? 0 : this.#restHops + 1;
    if (this.#isResting) this.#rest(hop);
    else {
      this.#load(microphone, endSample - SPECTRUM_SAMPLES);
      this.#spectrum.measure();
      this.#keepFar(hop);
      // It is a tenth of what the window costs that it belongs to, and cannot wait: it is told, not asked for.
      this.#budget.take(ECHO_UNITS_PER_HOP, Number.POSITIVE_INFINITY);
      this.#judgements[hop & (KEPT_HOPS - 1)] = this.#judge(hop, isPlaying, wasResting);
    }
  }

  #rest(hop: number): void {
    const at = (hop & (ECHO_HOPS - 1)) * BANDS;
    this.#far.fill(0, at, at + BANDS);
    this.#playedHops = 0;
    this.#judgements[hop & (KEPT_HOPS - 1)] = JUDGEMENT.caller;
  }

  #judge(hop: number, isPlaying: boolean, isFirst: boolean): number {
    const { firstDb } = this.#spectrum;
    const active = this.#path.activeBands(firstDb, isFirst);
    if (this.#lag.take(firstDb, this.#far, hop, isPlaying, active >= LEAST_BANDS))
      this.#path.restart();
    if (!this.#lag.known) return this.#search(active, isPlaying);
    this.#path.take(firstDb, this.#far, hop, this.#lag.lag);
    if (this.#path.near && !this.#farEnd.unsure) return JUDGEMENT.caller;
    const isLast = !isPlaying && this.#restHops <= this.#lag.lag + RINGING_HOPS;
    return isLast ? JUDGEMENT.last : JUDGEMENT.echo;
  }

  /** As long as no echo has been found: whether there is any reason left to expect one. */
  #search(active: number, isPlaying: boolean): number {
    const isAudible = isPlaying && this.#farLevelDb >= AUDIBLE_DB;
    this.#playedHops = isAudible
      ? Math.min(LAGS, this.#playedHops + 1)
      : Math.max(0, this.#playedHops - 1);
    if (active >= LEAST_BANDS) this.#searchedHops++;
    else if (this.#playedHops >= PLAYED_HOPS) this.#quietHops++;
    const isFree = this.#searchedHops >= SEARCHED_HOPS || this.#quietHops >= QUIET_HOPS;
    return this.#mode === 'auto' && isFree ? JUDGEMENT.caller : JUDGEMENT.unknown;
  }

  get #farLevelDb(): number {
    let sum = 0;
    for (let band = 0; band < BANDS; band++) sum += this.#spectrum.secondDb[band]!;
    return sum / BANDS;
  }

  #load(microphone: SampleRing, fromSample: number): void {
    const { first } = this.#spectrum;
    this.#microphone.fill(0);
    const start = Math.max(fromSample, microphone.startPosition);
    const missing = start - fromSample;
    microphone.copyTo(start, this.#microphone, missing, SPECTRUM_SAMPLES - missing);
    for (let index = 0; index < SPECTRUM_SAMPLES; index++) first[index] = this.#microphone[index]!;
  }

  #keepFar(hop: number): void {
    const at = (hop & (ECHO_HOPS - 1)) * BANDS;
    for (let band = 0; band < BANDS; band++) this.#far[at + band] = this.#spectrum.secondDb[band]!;
  }

  /** Reports come up to a fifth of a second late: what was played since then is measured now. */
  #correct(): void {
    const fromSample = this.#farEnd.takeCorrection();
    if (fromSample >= this.#hop * HOP_SAMPLES) return;
    let hop = Math.max(Math.floor(fromSample / HOP_SAMPLES), this.#hop - ECHO_HOPS + 1);
    this.#path.forgetCaller();
    for (; hop < this.#hop; hop++) {
      if (!this.#farEnd.playedBefore((hop + 1) * HOP_SAMPLES, this.#spectrum.second)) continue;
      this.#spectrum.first.fill(0);
      this.#spectrum.measure();
      this.#keepFar(hop);
    }
  }
}
