// Measures how far the echo's round trips rise over their rolling minimum, the lag, and finds out where it comes from.

import { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import type { Echo } from '../../core/wire/messages.ts';
import { EchoBaseline, OFFSET_NOISE_MS } from './echo-baseline.ts';

/** Packets whose time of sending is remembered: 20 s of 10 ms frames. */
const REMEMBERED_PACKETS = 2048;

/** A rise below this is the timers' own noise and has no cause. */
const CAUSED_MS = 10;

/** A clock that a timer holds back stands still from that timer's deadline on, at most this long into a computation. */
const HIDDEN_STANDSTILL_MS = 20;

/** Echoes that come closer together than this, half their interval, tell of one thing. */
const TOGETHER_MS = 50;

/** Where a rise came from. */
export type LagCause = 'network' | 'isolate';

/**
 * A rise comes from the isolate when the engine's clock shows it, and from the network otherwise. Where that clock goes
 * on during computation, a timer was late. Where it stands still, packets came before they could: their arrival, by the
 * engine's clock, is earlier than the fastest way up allows. No network can make either. What explains a rise may come
 * with the echo before or after it, so each is placed when the next has come. Nothing is allocated after construction.
 */
export class LagMeter {
  /** Every rise measured, and those of at least CAUSED_MS by their cause. */
  readonly rises = new DurationHistogram();
  readonly risesByCause: Readonly<Record<LagCause, DurationHistogram>> = {
    network: new DurationHistogram(),
    isolate: new DurationHistogram(),
  };
  readonly #baseline = new EchoBaseline();
  readonly #sentAtMs = new Float64Array(REMEMBERED_PACKETS).fill(Number.NaN);
  readonly #sequences = new Uint32Array(REMEMBERED_PACKETS);
  readonly #isEchoed = new Uint8Array(REMEMBERED_PACKETS);
  #roundTripMs: number | null = null;
  #largestRiseMs = 0;
  #largestCause: LagCause | null = null;
  #latestRiseMs = 0;
  #latestCause: LagCause | null = null;
  #isNew = false;
  /** The rise that waits for the next echo; what its echo says about the isolate, and what the one before it said. */
  #heldRiseMs = 0;
  #heldAtMs = Number.NEGATIVE_INFINITY;
  #isolateMs = 0;
  #earlierIsolateMs = 0;

  /** The latest round trip, null before the first. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /** The largest rise placed since `restart`. */
  get largestRiseMs(): number {
    return this.#largestRiseMs;
  }

  /** Where the largest rise came from: the isolate when it explains half of it or more, else the network. */
  get largestCause(): LagCause | null {
    return this.#largestCause;
  }

  /** The rise placed last, 0 before the first, and where it came from. */
  get latestRiseMs(): number {
    return this.#latestRiseMs;
  }

  get latestCause(): LagCause | null {
    return this.#latestCause;
  }

  /** Whether anything was measured since `restart`. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** A live packet left at this time. */
  sent(sequence: number, nowMs: number): void {
    const slot = sequence & (REMEMBERED_PACKETS - 1);
    this.#sequences[slot] = sequence;
    this.#sentAtMs[slot] = nowMs;
    this.#isEchoed[slot] = 0;
  }

  /** The server has seen packets; an echo of an unknown packet, or a second one, measures nothing. */
  echo(echo: Echo, nowMs: number): void {
    const slot = echo.sequence & (REMEMBERED_PACKETS - 1);
    const sentAtMs = this.#sentMs(echo.sequence);
    if (Number.isNaN(sentAtMs) || this.#isEchoed[slot] === 1) return;
    this.#isEchoed[slot] = 1;
    this.#isNew = true;
    const roundTripMs = Math.max(0, nowMs - sentAtMs - echo.heldMs);
    this.#roundTripMs = roundTripMs;
    // What an echo was held is as uncertain as the clock that says so.
    if (echo.heldMs === 0 || this.#baseline.isEmpty) {
      this.#baseline.take(roundTripMs, echo.clockMs - sentAtMs, nowMs);
    }
    const standstillMs = this.#standstillMs(echo);
    const lateMs = echo.lateMs < CAUSED_MS ? 0 : echo.lateMs;
    const roundTripRiseMs = Math.max(0, roundTripMs - this.#baseline.roundTripMs);
    const riseMs = Math.max(roundTripRiseMs, this.#delayMs(echo), lateMs, standstillMs);
    this.rises.add(riseMs);
    const hiddenMs = standstillMs === 0 ? 0 : HIDDEN_STANDSTILL_MS;
    this.#hold(riseMs, Math.max(lateMs, standstillMs + hiddenMs), nowMs);
  }

  /** Begins the next stretch for `largestRiseMs` and `isNew`. */
  restart(): void {
    this.#largestRiseMs = 0;
    this.#largestCause = null;
    this.#isNew = false;
  }

  /** Forgets when packets left, and the minimum: echoes over another connection have nothing to do with either. */
  forgetSent(): void {
    this.#hold(0, 0, Number.POSITIVE_INFINITY);
    this.#heldAtMs = Number.NEGATIVE_INFINITY;
    this.#sentAtMs.fill(Number.NaN);
    this.#baseline.restart();
  }

  #sentMs(sequence: number): number {
    const slot = sequence & (REMEMBERED_PACKETS - 1);
    return this.#sequences[slot] === sequence ? this.#sentAtMs[slot]! : Number.NaN;
  }

  /** How much longer the latest packet since the last echo was on its way up than the fastest. */
  #delayMs({ latest }: Echo): number {
    if (latest === null) return 0;
    const delayMs = latest.clockMs - this.#sentMs(latest.sequence) - this.#baseline.offsetMs;
    return Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
  }

  /** How much earlier than the fastest packet the earliest since the last echo seemed to come. */
  #standstillMs({ earliest }: Echo): number {
    if (earliest === null) return 0;
    const earlyMs = this.#baseline.offsetMs - (earliest.clockMs - this.#sentMs(earliest.sequence));
    return earlyMs >= OFFSET_NOISE_MS ? earlyMs : 0;
  }

  /** Adds to the rise that is held, or places that, now that the echo after it has come, and holds this one. */
  #hold(riseMs: number, isolateMs: number, nowMs: number): void {
    if (nowMs - this.#heldAtMs < TOGETHER_MS) {
      this.#heldRiseMs = Math.max(this.#heldRiseMs, riseMs);
      this.#isolateMs = Math.max(this.#isolateMs, isolateMs);
      return;
    }
    this.#place(this.#heldRiseMs, Math.max(this.#earlierIsolateMs, this.#isolateMs, isolateMs));
    this.#earlierIsolateMs = this.#isolateMs;
    this.#isolateMs = isolateMs;
    this.#heldRiseMs = riseMs;
    this.#heldAtMs = nowMs;
  }

  #place(riseMs: number, isolateMs: number): void {
    const cause = causeOf(riseMs, isolateMs);
    if (cause !== null) this.risesByCause[cause].add(riseMs);
    this.#latestRiseMs = riseMs;
    this.#latestCause = cause;
    if (riseMs <= this.#largestRiseMs) return;
    this.#largestRiseMs = riseMs;
    this.#largestCause = cause;
  }
}

function causeOf(riseMs: number, isolateMs: number): LagCause | null {
  if (riseMs < CAUSED_MS) return null;
  return isolateMs >= riseMs / 2 ? 'isolate' : 'network';
}
