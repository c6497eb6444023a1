// Stretches of the stream on their way through a scorer to the turn detector, in order.

import { CONFIG_FIELDS } from '../conversation/config-fields.ts';
import { msToSamples } from '../media/units.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from './scorer.ts';

const LONGEST_RESEND_SAMPLES = msToSamples(CONFIG_FIELDS.maximumTurnMs.max, SCORER_RATE_HZ);

/** Room for as much as a client resends at once, as a power of two (2048 windows are 65 s). */
export const PENDING_WINDOWS = 2 ** Math.ceil(Math.log2(LONGEST_RESEND_SAMPLES / WINDOW_SAMPLES));
const MASK = PENDING_WINDOWS - 1;

/**
 * What a stretch is. A window that was 'skipped' was to be scored and is missing now. Two are of no length: at 'restart'
 * the scorers begin anew, at 'cut' the open turn ends with the stream that it belongs to.
 */
export type StretchKind = 'scored' | 'missing' | 'silence' | 'skipped' | 'restart' | 'cut';

const KINDS = [
  'scored',
  'missing',
  'silence',
  'skipped',
  'restart',
  'cut',
] as const satisfies StretchKind[];
const SCORED = KINDS.indexOf('scored');
const MISSING = KINDS.indexOf('missing');
const SKIPPED = KINDS.indexOf('skipped');

/** Put in place of a probability that is still owed. */
const OWED = -1;

/** A stretch as stored. */
export interface PendingStretch {
  readonly kind: StretchKind;
  readonly fromSample: number;
  readonly toSample: number;
  /** The scorers have been told of it. */
  readonly told?: boolean | undefined;
}

/**
 * A bounded queue addressed by absolute index. First the scorers are told of a stretch, then the detector, when nothing
 * is owed for it any more. Nothing is allocated after construction, except by `snapshot`.
 */
export class PendingWindows {
  readonly #kinds = new Uint8Array(PENDING_WINDOWS);
  readonly #fromSamples = new Float64Array(PENDING_WINDOWS);
  readonly #toSamples = new Float64Array(PENDING_WINDOWS);
  readonly #probabilities = new Float64Array(PENDING_WINDOWS);
  #head = 0;
  /** The scorers have been told of every stretch before this one. */
  #untold = 0;
  #tail = 0;
  #untoldWindows = 0;

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
    if (kind === 'scored') this.#untoldWindows++;
    return this.#tail++;
  }

  /** Windows that no scorer has been given yet. */
  get untoldWindows(): number {
    return this.#untoldWindows;
  }

  /** There is a stretch that the scorers are to be told of. */
  get hasUntold(): boolean {
    return this.#untold < this.#tail;
  }

  get untoldKind(): StretchKind {
    return KINDS[this.#kinds[this.#untold & MASK]!]!;
  }

  get untoldFromSample(): number {
    return this.#fromSamples[this.#untold & MASK]!;
  }

  get untoldToSample(): number {
    return this.#toSamples[this.#untold & MASK]!;
  }

  /** The scorers have been told of that stretch; returns its index. */
  tell(): number {
    if (this.#kinds[this.#untold & MASK] === SCORED) this.#untoldWindows--;
    return this.#untold++;
  }

  /** Makes the oldest window that no scorer was given one that was skipped; there must be one. */
  skipUntold(): void {
    let index = this.#untold;
    while (this.#kinds[index & MASK] !== SCORED) index++;
    this.#kinds[index & MASK] = SKIPPED;
    this.#untoldWindows--;
  }

  /** The scorers have not been told of the head. */
  get headUntold(): boolean {
    return this.#head === this.#untold;
  }

  /** Whether the score of this index is still waited for. */
  awaits(index: number): boolean {
    return index >= this.#head && index < this.#tail;
  }

  /** Notes a score that is waited for. */
  answer(index: number, probability: number): void {
    this.#probabilities[index & MASK] = probability;
  }

  /** Makes the head, which a scorer was given, a stretch that went missing, though its score is still owed. */
  giveUpHead(): void {
    this.#kinds[this.#head & MASK] = MISSING;
  }

  /** There is a head, and it waits for nothing. */
  get headReady(): boolean {
    if (this.#head === this.#untold) return false;
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
      const index = this.#head + ahead;
      const slot = index & MASK;
      return {
        kind: KINDS[this.#kinds[slot]!]!,
        fromSample: this.#fromSamples[slot]!,
        toSample: this.#toSamples[slot]!,
        told: index < this.#untold,
      };
    });
  }

  /** Takes stretches; scores that were owed went with the memory, and their windows count as missing. */
  restore(stretches: readonly PendingStretch[]): void {
    this.#head = this.#tail;
    this.#untold = this.#tail;
    this.#untoldWindows = 0;
    for (const { kind, fromSample, toSample, told = true } of stretches) {
      this.push(told && kind === 'scored' ? 'missing' : kind, fromSample, toSample);
      if (told) this.tell();
    }
  }
}
