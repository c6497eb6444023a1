// Edges of manual turns that wait for the media to reach them.

/** 'started': the caller takes the floor by hand. 'ended': they give it back. */
export type ManualState = 'started' | 'ended';

/** Edges that may wait at once: more than a finger makes while audio is on its way. */
const CAPACITY_EDGES = 16;
const MASK = CAPACITY_EDGES - 1;

/** State of the edges that wait, oldest first. */
export interface ManualEdgesSnapshot {
  readonly atSamples: readonly number[];
  readonly started: readonly boolean[];
}

/** A bounded queue; edges leave in the order they came. */
export class ManualEdges {
  readonly #atSamples = new Float64Array(CAPACITY_EDGES);
  readonly #started = new Uint8Array(CAPACITY_EDGES);
  #head = 0;
  #tail = 0;

  /** Sample of the edge that waits longest, Infinity when none does. */
  get nextSample(): number {
    return this.#head === this.#tail
      ? Number.POSITIVE_INFINITY
      : this.#atSamples[this.#head & MASK]!;
  }

  /** Takes an edge; returns false when there is no room. */
  push(state: ManualState, atSample: number): boolean {
    if (this.#tail - this.#head === CAPACITY_EDGES) return false;
    this.#atSamples[this.#tail & MASK] = atSample;
    this.#started[this.#tail & MASK] = state === 'started' ? 1 : 0;
    this.#tail++;
    return true;
  }

  /** Removes the edge at `nextSample` and returns its state; there must be one. */
  take(): ManualState {
    const started = this.#started[this.#head & MASK] === 1;
    this.#head++;
    return started ? 'started' : 'ended';
  }

  clear(): void {
    this.#head = this.#tail;
  }

  snapshot(): ManualEdgesSnapshot {
    const atSamples: number[] = [];
    const started: boolean[] = [];
    for (let index = this.#head; index < this.#tail; index++) {
      atSamples.push(this.#atSamples[index & MASK]!);
      started.push(this.#started[index & MASK] === 1);
    }
    return { atSamples, started };
  }

  restore(snapshot: ManualEdgesSnapshot): void {
    this.clear();
    for (const [index, atSample] of snapshot.atSamples.entries()) {
      this.push(snapshot.started[index] ? 'started' : 'ended', atSample);
    }
  }
}
