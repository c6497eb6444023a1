// Tells speech that is fading away from speech that goes on, by its level.

import type { SampleRing } from '../media/sample-ring.ts';
import { WINDOW_SAMPLES } from './scorer.ts';

/** Reads the audio that is kept; allocates nothing after construction. */
export class FadingSpeech {
  readonly #heard: SampleRing;
  readonly #window = new Int16Array(WINDOW_SAMPLES);

  constructor(heard: SampleRing) {
    this.#heard = heard;
  }

  /** Whether the last two windows before `toSample` (one may be a stop) are more than `fadeDb` below the loudest one since `fromSample`. */
  hasFaded(fromSample: number, toSample: number, fadeDb: number): boolean {
    const first = Math.max(fromSample, this.#heard.startPosition);
    const before = this.#energyBefore(toSample - WINDOW_SAMPLES);
    const last = Math.max(before, this.#energyBefore(toSample));
    let loudest = last;
    for (
      let end = toSample - WINDOW_SAMPLES;
      end - WINDOW_SAMPLES >= first;
      end -= WINDOW_SAMPLES
    ) {
      loudest = Math.max(loudest, this.#energyBefore(end));
    }
    return last < loudest * 10 ** (-fadeDb / 10);
  }

  #energyBefore(sample: number): number {
    const count = this.#heard.copyTo(sample - WINDOW_SAMPLES, this.#window, 0, WINDOW_SAMPLES);
    let energy = 0;
    for (let index = 0; index < count; index++)
      energy += this.#window[index]! * this.#window[index]!;
    return energy;
  }
}
