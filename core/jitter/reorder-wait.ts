// How long a frame that others have overtaken is worth waiting for, learnt from those that came after all.

import { sequenceDelta } from '../media/serial.ts';

/** Arrivals remembered, by sequence number: as many frames as a stream keeps; a power of two. */
const REMEMBERED = 64;

/** What has come so late may come half as late again. */
const MARGIN = 1.5;

/** One frame period: who is overtaken at all is overtaken by about that much. */
const LEAST_MS = 20;

/** Every frame in order takes this share off what was learnt: half of it is forgotten in 20 s of frames of 20 ms. */
const FORGETTING = Math.LN2 / 1000;

const NONE = -1;

/** State of what was learnt. */
export interface ReorderWaitSnapshot {
  readonly latenessMs?: number | undefined;
  readonly newest?: number | undefined;
  readonly sequences?: Float64Array | undefined;
  readonly arrivalsMs?: Float64Array | undefined;
}

/** Begins with the most that may be waited. Nothing is allocated after construction, except by `snapshot`. */
export class ReorderWait {
  readonly #mostMs: number;
  /** By how much overtaken frames were late; one number, kept where writing it allocates nothing. */
  readonly #lateness = new Float64Array(1);
  readonly #sequences = new Float64Array(REMEMBERED).fill(NONE);
  readonly #arrivalsMs = new Float64Array(REMEMBERED);
  #newest = NONE;

  constructor(mostMs: number) {
    this.#mostMs = mostMs;
    this.#lateness[0] = mostMs / MARGIN;
  }

  /** The wait for the next frame that is missing. */
  get waitMs(): number {
    return Math.min(this.#mostMs, Math.max(LEAST_MS, MARGIN * this.#lateness[0]!));
  }

  /** A frame has arrived, in time or too late. */
  arrived(sequence: number, nowMs: number): void {
    const ahead = this.#newest === NONE ? 1 : sequenceDelta(sequence, this.#newest);
    if (-ahead >= REMEMBERED) return;
    if (ahead > 0) {
      this.#newest = sequence;
      this.#lateness[0]! *= 1 - FORGETTING;
    } else if (this.#has(sequence)) return;
    else this.#learn(nowMs - this.#overtakenAtMs(sequence, -ahead));
    const slot = sequence & (REMEMBERED - 1);
    this.#sequences[slot] = sequence;
    this.#arrivalsMs[slot] = nowMs;
  }

  snapshot(): ReorderWaitSnapshot {
    return {
      latenessMs: this.#lateness[0]!,
      newest: this.#newest,
      sequences: this.#sequences.slice(),
      arrivalsMs: this.#arrivalsMs.slice(),
    };
  }

  restore(snapshot: ReorderWaitSnapshot): void {
    if (snapshot.latenessMs !== undefined) this.#lateness[0] = snapshot.latenessMs;
    this.#newest = snapshot.newest ?? NONE;
    if (snapshot.sequences !== undefined) this.#sequences.set(snapshot.sequences);
    if (snapshot.arrivalsMs !== undefined) this.#arrivalsMs.set(snapshot.arrivalsMs);
  }

  #has(sequence: number): boolean {
    return this.#sequences[sequence & (REMEMBERED - 1)] === sequence;
  }

  /** When the first of the `ahead` frames after this one arrived. */
  #overtakenAtMs(sequence: number, ahead: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let step = 1; step <= ahead; step++) {
      const later = (sequence + step) >>> 0;
      if (this.#has(later)) {
        earliest = Math.min(earliest, this.#arrivalsMs[later & (REMEMBERED - 1)]!);
      }
    }
    return earliest;
  }

  #learn(latenessMs: number): void {
    this.#lateness[0] = Math.min(this.#mostMs, Math.max(this.#lateness[0]!, latenessMs));
  }
}
