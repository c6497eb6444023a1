// What sounds where a player has nothing to play: the voice that goes on for a moment, the background, and soft endings.

import { Concealment } from '../../core/jitter/concealment.ts';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import type { SampleRing } from '../../core/media/sample-ring.ts';
import { msToSamples } from '../../core/media/units.ts';

/** What breaks off in mid-sound goes out over 10 ms, beneath whatever follows. */
const TAIL_SAMPLES = msToSamples(10, ENGINE_RATE_HZ);

const MAXIMUM = 32_767;
const MINIMUM = -32_768;

/** Tell it all content that is given out, `fill` what is missing. Nothing is allocated after construction. */
export class GapFiller {
  readonly #concealment: Concealment | null;
  readonly #tail = new Int16Array(TAIL_SAMPLES);
  readonly #ahead = new Int16Array(TAIL_SAMPLES);
  #tailLeft = 0;
  /** What is still to be filled although content is back; negative before that was asked. */
  #leadLeft = -1;

  /** Fills with zeros unless it `conceals`. */
  constructor(conceals: boolean) {
    this.#concealment = conceals ? new Concealment(ENGINE_RATE_HZ) : null;
  }

  /** This content is given out; where it follows on what was filled in, it is joined to that. */
  gave(samples: Int16Array, offset: number, length: number): void {
    if (this.#concealment === null || length === 0) return;
    this.#concealment.merge(samples, offset, length);
    this.#concealment.played(samples, offset, length);
    this.#leadLeft = -1;
  }

  /** Gives `length` samples in place of content. */
  fill(into: Int16Array, offset: number, length: number): void {
    if (this.#concealment === null) into.fill(0, offset, offset + length);
    else this.#concealment.conceal(into, offset, length);
  }

  /** Content is back, from `position` on: how much of the `room` is to be filled before it, so that it comes in phase. */
  lead(ring: SampleRing, position: number, room: number): number {
    if (this.#concealment?.active !== true) return 0;
    if (this.#leadLeft < 0) {
      const length = ring.copyTo(position, this.#ahead, 0, TAIL_SAMPLES);
      this.#leadLeft = this.#concealment.alignment(this.#ahead, 0, length);
    }
    const lead = Math.min(this.#leadLeft, room);
    this.#leadLeft -= lead;
    return lead;
  }

  /** Nothing follows on what was filled in: it goes out. */
  end(): void {
    if (this.#concealment?.active !== true) return;
    this.fill(this.#tail, 0, TAIL_SAMPLES);
    this.#fadeTail(TAIL_SAMPLES);
    this.rest();
  }

  /** What comes next follows on silence. */
  rest(): void {
    this.#concealment?.rest();
    this.#leadLeft = -1;
  }

  /**
   * A fade of which `left` samples were to come is broken off, with `available` samples of content left from `position` on:
   * it goes on beneath whatever follows.
   */
  breakFade(ring: SampleRing, position: number, available: number, left: number): void {
    if (this.#concealment === null) return;
    const copied = ring.copyTo(position, this.#tail, 0, Math.min(left, available));
    if (copied < left) this.fill(this.#tail, copied, left - copied);
    this.#fadeTail(left);
  }

  /** The first `length` samples of the tail go out: they are the last of a fade of 10 ms. */
  #fadeTail(length: number): void {
    for (let index = 0; index < length; index++)
      this.#tail[index] = (this.#tail[index]! * (length - 1 - index)) / TAIL_SAMPLES;
    this.#tail.fill(0, length);
    this.#tailLeft = TAIL_SAMPLES;
  }

  /** Lays what goes out beneath the device's next samples. */
  mix(into: Int16Array): void {
    const length = Math.min(this.#tailLeft, into.length);
    const from = TAIL_SAMPLES - this.#tailLeft;
    for (let index = 0; index < length; index++) {
      const mixed = into[index]! + this.#tail[from + index]!;
      into[index] = Math.max(MINIMUM, Math.min(MAXIMUM, mixed));
    }
    this.#tailLeft -= length;
  }

  /** Nothing goes out any more. */
  dropTail(): void {
    this.#tailLeft = 0;
  }
}
