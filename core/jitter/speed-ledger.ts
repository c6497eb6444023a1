// How much faster or slower than natural the last second was played, and how much more that may be.

import { msToSamples } from '../media/units.ts';

const SLOT_MS = 10;
const SLOTS = 128;
/** One more than a second and a tenth have, because they need not begin where a slot does. */
const SECOND_SLOTS = 101;
const TENTH_SLOTS = 11;

/** Over any second 0.8 to 1.25 times natural speed, less what one operation may exceed. */
const SECOND_FASTER_MS = 236;
const SECOND_SLOWER_MS = 190;

/** Over any tenth of a second 0.75 to 1.35 times. */
const TENTH_FASTER_MS = 33;
const TENTH_SLOWER_MS = 25;

/** Time constant of the share that was stretched. */
const MEMORY_MS = 60_000;

/** Nothing is allocated after construction. */
export class SpeedLedger {
  readonly #rateHz: number;
  readonly #slotSamples: number;
  readonly #memorySamples: number;
  /** Content played in each slot beyond its length, in samples; and the sums of the newest slots. */
  readonly #gains = new Int32Array(SLOTS);
  readonly #stretched = new Float64Array(1);
  #slot = 0;
  #slotFill = 0;
  #secondGain = 0;
  #tenthGain = 0;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#slotSamples = msToSamples(SLOT_MS, rateHz);
    this.#memorySamples = msToSamples(MEMORY_MS, rateHz);
  }

  /** Samples that may be left out now. */
  get removableSamples(): number {
    return Math.min(
      msToSamples(SECOND_FASTER_MS, this.#rateHz) - this.#secondGain,
      msToSamples(TENTH_FASTER_MS, this.#rateHz) - this.#tenthGain,
    );
  }

  /** Samples that may be put in now. */
  get insertableSamples(): number {
    return Math.min(
      msToSamples(SECOND_SLOWER_MS, this.#rateHz) + this.#secondGain,
      msToSamples(TENTH_SLOWER_MS, this.#rateHz) + this.#tenthGain,
    );
  }

  /** Share of the last minute's output that was put in or left out. */
  get stretchedShare(): number {
    return this.#stretched[0]!;
  }

  /** `output` samples were played that hold `gain` more samples of speech than that, or fewer. */
  note(output: number, gain: number): void {
    this.#secondGain += gain;
    this.#tenthGain += gain;
    this.#gains[this.#slot]! += gain;
    this.#slotFill += output;
    while (this.#slotFill >= this.#slotSamples) this.#nextSlot();
    this.noteStretched(Math.abs(gain), output);
  }

  /** `stretched` samples were put in or left out within `output`. */
  noteStretched(stretched: number, output: number): void {
    const kept = 1 - output / this.#memorySamples;
    this.#stretched[0] = this.#stretched[0]! * kept + stretched / this.#memorySamples;
  }

  #nextSlot(): void {
    this.#slotFill -= this.#slotSamples;
    this.#slot = (this.#slot + 1) & (SLOTS - 1);
    this.#secondGain -= this.#gains[(this.#slot - SECOND_SLOTS) & (SLOTS - 1)]!;
    this.#tenthGain -= this.#gains[(this.#slot - TENTH_SLOTS) & (SLOTS - 1)]!;
    this.#gains[this.#slot] = 0;
  }
}
