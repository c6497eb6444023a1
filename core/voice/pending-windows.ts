// Stretches of the stream on their way to the turn detector, in order, some of them waiting for their score.

import { CONFIG_FIELDS } from '../conversation/config.ts';
import { msToSamples } from '../media/units.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from './scorer.ts';

const LONGEST_RESEND_SAMPLES = msToSamples(CONFIG_FIELDS.maximumTurnMs.max, SCORER_RATE_HZ);

/** Room for as much as a client resends at once, as a power of two (2048 windows are 65 s). */
export const PENDING_WINDOWS = 2 ** Math.ceil(Math.log2(LONGEST_RESEND_SAMPLES / WINDOW_SAMPLES));
const MASK = PENDING_WINDOWS - 1;

/** What a stretch is to the detector. */
export type StretchKind = 'scored' | 'missing' | 'silence';

const KINDS = ['scored', 'missing', 'silence'] as const satisfies readonly StretchKind[];
const SCORED = 0;

/** Put in place of a probability that is still owed. */
const OWED = -1;

/** A stretch as stored. */
export interface PendingStretch {
  readonly kind: StretchKind;
  readonly fromSample: number;
  readonly toSample: number;
}

/** A bounded queue addressed by absolute index; nothing is allocated after construction, except by `snapshot`. */
export class PendingWindows {
  readonly #kinds = new Uint8Array(PENDING_WINDOWS);
  readonly #fromSamples = new Float64Array(PENDING_WINDOWS);
  readonly #toSamples = new Float64Array(PENDING_WINDOWS);
  readonly #probabilities = new Float64Array(PENDING_WINDOWS);
  #head = 0;
  #tail = 0;

  get count(): number {
    return this.#tail - this.#head;
  }

  get full(): boolean {
    return this.count === PENDING_WINDOWS;
  }

  /** Appends a stretch, there must be room; returns its index. */
  push(kind: StretchKind, fromSample: number, toSample: number): number {
    const slot = this.#tail & MASK;
    this.#kinds[slot] = KINDS.indexOf(kind);
    this.#fromSamples[slot] = fromSample;
    this.#toSamples[slot] = toSample;
    this.#probabilities[slot] = OWED;
    return this.#tail++;
  }

  /** Whether the score of this index is still waited for. */
  awaits(index: number): boolean {
    return index >= this.#head && index < this.#tail;
  }

  /** Notes a score that is waited for. */
  answer(index: number, probability: number): void {
    this.#probabilities[index & MASK] = probability;
  }

  /** Makes the head a stretch that went missing, though its score is still owed. */
  giveUpHead(): void {
    this.#kinds[this.#head & MASK] = KINDS.indexOf('missing');
  }

  /** There is a head, and it waits for nothing. */
  get headReady(): boolean {
    if (this.#head === this.#tail) return false;
    const slot = this.#head & MASK;
    return this.#kinds[slot] !== SCORED || this.#probabilities[slot] !== OWED;
  }

  get headKind(): StretchKind {
    return KINDS[this.#kinds[this.#head & MASK]!]!;
  }

  get headFromSample(): number {
    return this.#fromSamples[this.#head & MASK]!;
  }

  get headToSample(): number {
    return this.#toSamples[this.#head & MASK]!;
  }

  get headProbability(): number {
    return this.#probabilities[this.#head & MASK]!;
  }

  shift(): void {
    this.#head++;
  }

  snapshot(): readonly PendingStretch[] {
    return Array.from({ length: this.count }, (_, ahead) => {
      const slot = (this.#head + ahead) & MASK;
      return {
        kind: KINDS[this.#kinds[slot]!]!,
        fromSample: this.#fromSamples[slot]!,
        toSample: this.#toSamples[slot]!,
      };
    });
  }

  /** Takes stretches whose scores went with the memory: what was to be scored counts as missing. */
  restore(stretches: readonly PendingStretch[]): void {
    this.#head = this.#tail;
    for (const { kind, fromSample, toSample } of stretches) {
      this.push(kind === 'scored' ? 'missing' : kind, fromSample, toSample);
    }
  }
}
