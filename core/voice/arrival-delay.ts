// How late audio comes, by its own time: later than the fastest of the last seconds means that something held it up.

/** The fastest is forgotten after one to two of these. */
const MEMORY_MS = 2000;

/** State of an arrival delay. */
export interface ArrivalDelaySnapshot {
  readonly fastestMs?: number | undefined;
  readonly fastestBeforeMs?: number | undefined;
  readonly sinceMs?: number | undefined;
}

/** Media time against the clock; both may have any origin. */
export class ArrivalDelay {
  #fastestMs = Number.POSITIVE_INFINITY;
  #fastestBeforeMs = Number.POSITIVE_INFINITY;
  #sinceMs = 0;

  /** Takes an arrival; returns by how much it is later than the fastest that is remembered. */
  take(mediaMs: number, nowMs: number): number {
    if (nowMs - this.#sinceMs >= MEMORY_MS) {
      this.#fastestBeforeMs = this.#fastestMs;
      this.#fastestMs = Number.POSITIVE_INFINITY;
      this.#sinceMs = nowMs;
    }
    const delayMs = nowMs - mediaMs;
    this.#fastestMs = Math.min(this.#fastestMs, delayMs);
    return delayMs - Math.min(this.#fastestMs, this.#fastestBeforeMs);
  }

  snapshot(): ArrivalDelaySnapshot {
    return {
      fastestMs: this.#fastestMs,
      fastestBeforeMs: this.#fastestBeforeMs,
      sinceMs: this.#sinceMs,
    };
  }

  restore(snapshot: ArrivalDelaySnapshot): void {
    this.#fastestMs = snapshot.fastestMs ?? Number.POSITIVE_INFINITY;
    this.#fastestBeforeMs = snapshot.fastestBeforeMs ?? Number.POSITIVE_INFINITY;
    this.#sinceMs = snapshot.sinceMs ?? 0;
  }
}
