// Measures the echo's round trips, and how far they rise over their rolling minimum: the lag.

import { DurationHistogram } from './duration-histogram.ts';

/** Packets whose time of sending is remembered: 20 s of 10 ms frames. */
const REMEMBERED_PACKETS = 2048;

/** The minimum is taken over this many seconds, one bucket each. */
const MINIMUM_SECONDS = 30;

/** A rise below this is the timers' own noise and has no cause. */
const CAUSED_MS = 10;

/** Where a rise came from. */
export type LagCause = 'network' | 'isolate';

/** Nothing is allocated after construction. */
export class LagMeter {
  /** Every rise measured. */
  readonly rises = new DurationHistogram();
  readonly #sentAtMs = new Float64Array(REMEMBERED_PACKETS).fill(Number.NaN);
  readonly #sequences = new Uint32Array(REMEMBERED_PACKETS);
  readonly #minimaMs = new Float64Array(MINIMUM_SECONDS).fill(Number.POSITIVE_INFINITY);
  readonly #seconds = new Float64Array(MINIMUM_SECONDS).fill(Number.NEGATIVE_INFINITY);
  #roundTripMs: number | null = null;
  #largestRiseMs = 0;
  #largestCause: LagCause | null = null;
  #isNew = false;

  /** The latest round trip, null before the first. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /** The largest rise since `restart`. */
  get largestRiseMs(): number {
    return this.#largestRiseMs;
  }

  /** Where the largest rise came from: the isolate when its backlog explains half of it or more, else the network. */
  get largestCause(): LagCause | null {
    return this.#largestCause;
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
  }

  /** The server has seen this packet; an echo of an unknown packet, or a second one, measures nothing. */
  echo(sequence: number, backlogMs: number, nowMs: number): void {
    const slot = sequence & (REMEMBERED_PACKETS - 1);
    const sentAtMs = this.#sentAtMs[slot]!;
    if (this.#sequences[slot] !== sequence || Number.isNaN(sentAtMs)) return;
    this.#sentAtMs[slot] = Number.NaN;
    const roundTripMs = Math.max(0, nowMs - sentAtMs);
    this.#roundTripMs = roundTripMs;
    this.#isNew = true;
    const riseMs = roundTripMs - this.#minimum(roundTripMs, nowMs);
    this.rises.add(riseMs);
    if (riseMs <= this.#largestRiseMs) return;
    this.#largestRiseMs = riseMs;
    this.#largestCause = causeOf(riseMs, backlogMs);
  }

  /** Begins the next stretch for `largestRiseMs` and `isNew`. */
  restart(): void {
    this.#largestRiseMs = 0;
    this.#largestCause = null;
    this.#isNew = false;
  }

  /** Forgets when packets left: their echoes cannot come over another connection. */
  forgetSent(): void {
    this.#sentAtMs.fill(Number.NaN);
  }

  /** Takes a round trip into the minimum of the last MINIMUM_SECONDS, and returns that. */
  #minimum(roundTripMs: number, nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    const bucket = ((second % MINIMUM_SECONDS) + MINIMUM_SECONDS) % MINIMUM_SECONDS;
    if (this.#seconds[bucket] !== second) this.#minimaMs[bucket] = Number.POSITIVE_INFINITY;
    this.#seconds[bucket] = second;
    this.#minimaMs[bucket] = Math.min(this.#minimaMs[bucket]!, roundTripMs);
    let minimumMs = roundTripMs;
    for (let index = 0; index < MINIMUM_SECONDS; index++) {
      if (this.#seconds[index]! > second - MINIMUM_SECONDS)
        minimumMs = Math.min(minimumMs, this.#minimaMs[index]!);
    }
    return minimumMs;
  }
}

function causeOf(riseMs: number, backlogMs: number): LagCause | null {
  if (riseMs < CAUSED_MS) return null;
  return backlogMs >= riseMs / 2 ? 'isolate' : 'network';
}
