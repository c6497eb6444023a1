// A short piece of a pause, played forwards and backwards for as long as the pause is to last.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import type { SampleRing } from '../../core/media/sample-ring.ts';
import { msToSamples } from '../../core/media/units.ts';

/** So much of a pause is looped; the silence before a "t" is longer. */
const LOOP_SAMPLES = msToSamples(20, ENGINE_RATE_HZ);

/** Each stretch of this length is quiet. */
const PART_SAMPLES = msToSamples(10, ENGINE_RATE_HZ);

/** Mean square of quiet: 24 dB below the loudest of late, or −54 dB of full scale (as for a release, P26). */
const QUIET_RATIO = 10 ** -2.4;
const QUIET_POWER = 65 * 65;

/** What the loudest keeps for each sample heard: half in 0.9 s. */
const LOUDEST_DECAY = 1 - 0.5 / ENGINE_RATE_HZ;

/** Knows how loud speech was, finds a pause and holds it. Nothing is allocated after construction. */
export class PauseLoop {
  readonly #loop = new Int16Array(LOOP_SAMPLES);
  /** Mean square of the loudest speech heard of late; an array keeps the fraction without a box. */
  readonly #loudest = new Float64Array(1);
  #isHeld = false;
  #next = 0;
  #step = 1;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** These samples were heard. */
  heard(samples: Int16Array, offset: number, length: number): void {
    if (length === 0) return;
    const kept = this.#loudest[0]! * (1 - length * (1 - LOUDEST_DECAY));
    this.#loudest[0] = Math.max(kept, powerOf(samples, offset, length));
  }

  /** Holds the pause that begins at `position`; returns false when none does. */
  hold(ring: SampleRing, position: number): boolean {
    if (ring.copyTo(position, this.#loop, 0, LOOP_SAMPLES) < LOOP_SAMPLES) return false;
    const quiet = Math.max(QUIET_POWER, QUIET_RATIO * this.#loudest[0]!);
    for (let offset = 0; offset < LOOP_SAMPLES; offset += PART_SAMPLES)
      if (powerOf(this.#loop, offset, PART_SAMPLES) > quiet) return false;
    this.#isHeld = true;
    this.#next = 0;
    this.#step = 1;
    return true;
  }

  /** Gives `length` samples of the pause; where it turns round, there is no step. */
  read(into: Int16Array, offset: number, length: number): void {
    for (let index = offset; index < offset + length; index++) {
      into[index] = this.#loop[this.#next]!;
      if (this.#next + this.#step < 0 || this.#next + this.#step >= LOOP_SAMPLES)
        this.#step = -this.#step;
      this.#next += this.#step;
    }
  }

  /** The pause is over; returns how many samples after its beginning the content goes on without a step. */
  leave(): number {
    if (!this.#isHeld) return 0;
    this.#isHeld = false;
    return this.#next;
  }
}

function powerOf(samples: Int16Array, offset: number, length: number): number {
  let sum = 0;
  for (let index = offset; index < offset + length; index++)
    sum += samples[index]! * samples[index]!;
  return sum / length;
}
