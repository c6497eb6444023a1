// The fastest round trip of the last half minute, and how the engine's clock stood to the client's then.

/** The minimum is taken over this many seconds, one bucket each. */
const MINIMUM_SECONDS = 30;

/** The fastest round trip is not always made of the fastest way up: its packet may look this much too late. */
export const OFFSET_NOISE_MS = 8;

/**
 * The sample with the shortest round trip is the one that waited least on either way, so what its clocks said tells
 * the way up from the way down (the clock filter of NTP, RFC 5905 §10). Nothing is allocated after construction.
 */
export class EchoBaseline {
  readonly #roundTripsMs = new Float64Array(MINIMUM_SECONDS).fill(Number.POSITIVE_INFINITY);
  readonly #offsetsMs = new Float64Array(MINIMUM_SECONDS);
  readonly #seconds = new Float64Array(MINIMUM_SECONDS).fill(Number.NEGATIVE_INFINITY);
  /** When a sample was last taken. */
  #newestSecond = Number.NEGATIVE_INFINITY;
  #roundTripMs = 0;
  #offsetMs = 0;

  /** Nothing was taken yet. */
  get isEmpty(): boolean {
    return this.#newestSecond === Number.NEGATIVE_INFINITY;
  }

  /** The shortest round trip. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** In that round trip: the engine's clock at the packet's arrival, less the client's when it left. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * Takes a round trip, and forgets what is older than MINIMUM_SECONDS. One that is no slower only because the engine's
   * clock was held back when its packet came is no baseline: it is what the baseline is there to find.
   */
  take(roundTripMs: number, offsetMs: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (this.#isHeldBack(roundTripMs, offsetMs, second)) return;
    const bucket = ((second % MINIMUM_SECONDS) + MINIMUM_SECONDS) % MINIMUM_SECONDS;
    if (this.#seconds[bucket] !== second) this.#roundTripsMs[bucket] = Number.POSITIVE_INFINITY;
    this.#seconds[bucket] = second;
    this.#newestSecond = second;
    if (roundTripMs < this.#roundTripsMs[bucket]!) {
      this.#roundTripsMs[bucket] = roundTripMs;
      this.#offsetsMs[bucket] = offsetMs;
    }
    let shortest = bucket;
    for (let index = 0; index < MINIMUM_SECONDS; index++) {
      if (this.#seconds[index]! <= second - MINIMUM_SECONDS) continue;
      if (this.#roundTripsMs[index]! < this.#roundTripsMs[shortest]!) shortest = index;
    }
    this.#roundTripMs = this.#roundTripsMs[shortest]!;
    this.#offsetMs = this.#offsetsMs[shortest]!;
  }

  #isHeldBack(roundTripMs: number, offsetMs: number, second: number): boolean {
    if (second - this.#newestSecond >= MINIMUM_SECONDS) return false;
    const gainMs = Math.max(0, this.#roundTripMs - roundTripMs);
    return offsetMs < this.#offsetMs - gainMs - OFFSET_NOISE_MS;
  }

  /** Forgets everything: another connection may take another way, to a machine with another clock. */
  restart(): void {
    this.#seconds.fill(Number.NEGATIVE_INFINITY);
    this.#newestSecond = Number.NEGATIVE_INFINITY;
  }
}
