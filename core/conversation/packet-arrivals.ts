// Which of the packets since the last echo came latest and which came earliest, by their media time.

/** One packet, and the clock of the event that it came in. */
export interface PacketArrival {
  sequence: number;
  clockMs: number;
}

/** State of the arrivals. */
export interface PacketArrivalsSnapshot {
  readonly latest?: PacketArrival | undefined;
  readonly earliest?: PacketArrival | undefined;
  readonly isEmpty?: boolean | undefined;
  readonly firstTimestamp?: number | undefined;
  readonly firstClockMs?: number | undefined;
  readonly leastAheadMs?: number | undefined;
  readonly mostAheadMs?: number | undefined;
}

/**
 * A network makes packets late, never earlier than its fastest. One that comes earlier than that, by a clock that is
 * held back while the isolate computes, shows how long the clock stood still. Nothing is allocated after construction.
 */
export class PacketArrivals {
  readonly #latest: PacketArrival = { sequence: 0, clockMs: 0 };
  readonly #earliest: PacketArrival = { sequence: 0, clockMs: 0 };
  #isEmpty = true;
  #firstTimestamp = 0;
  #firstClockMs = 0;
  #leastAheadMs = 0;
  #mostAheadMs = 0;

  /** The packet that came latest, null when none came. */
  get latest(): PacketArrival | null {
    return this.#isEmpty ? null : this.#latest;
  }

  /** The packet that came earliest, null when none came; of equals the first. */
  get earliest(): PacketArrival | null {
    return this.#isEmpty ? null : this.#earliest;
  }

  /** A packet came as soon as its microphone had it: one of a resend tells nothing. */
  came(sequence: number, timestamp: number, rateHz: number, clockMs: number): void {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      this.#firstTimestamp = timestamp;
      this.#firstClockMs = clockMs;
      this.#leastAheadMs = Number.POSITIVE_INFINITY;
      this.#mostAheadMs = Number.NEGATIVE_INFINITY;
    }
    // Timestamps are 32-bit serial numbers.
    const mediaMs = (((timestamp - this.#firstTimestamp) | 0) * 1000) / rateHz;
    const aheadMs = mediaMs - (clockMs - this.#firstClockMs);
    if (aheadMs < this.#leastAheadMs) {
      this.#leastAheadMs = aheadMs;
      this.#latest.sequence = sequence;
      this.#latest.clockMs = clockMs;
    }
    if (aheadMs > this.#mostAheadMs) {
      this.#mostAheadMs = aheadMs;
      this.#earliest.sequence = sequence;
      this.#earliest.clockMs = clockMs;
    }
  }

  /** Forgets all of them. */
  restart(): void {
    this.#isEmpty = true;
  }

  snapshot(): PacketArrivalsSnapshot {
    return {
      latest: { ...this.#latest },
      earliest: { ...this.#earliest },
      isEmpty: this.#isEmpty,
      firstTimestamp: this.#firstTimestamp,
      firstClockMs: this.#firstClockMs,
      leastAheadMs: this.#leastAheadMs,
      mostAheadMs: this.#mostAheadMs,
    };
  }

  restore(snapshot: PacketArrivalsSnapshot): void {
    Object.assign(this.#latest, snapshot.latest);
    Object.assign(this.#earliest, snapshot.earliest);
    this.#isEmpty = snapshot.isEmpty ?? true;
    this.#firstTimestamp = snapshot.firstTimestamp ?? 0;
    this.#firstClockMs = snapshot.firstClockMs ?? 0;
    this.#leastAheadMs = snapshot.leastAheadMs ?? 0;
    this.#mostAheadMs = snapshot.mostAheadMs ?? 0;
  }
}
