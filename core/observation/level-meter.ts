// Measures the level of audio that somebody looks at: peaks of short columns, each of them once.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';
import { COLUMN_SAMPLES, PEAK_STEPS } from './observed-line.ts';

/** Of audio that nobody has looked at for longer, only this much is measured. */
const MOST_SAMPLES = msToSamples(2000, ENGINE_RATE_HZ);

const FULL_SCALE = 2 ** 15;

export class LevelMeter {
  readonly #column = new Int16Array(COLUMN_SAMPLES);
  #position = 0;

  /**
   * The columns since the last call that end at `endPosition` (16 kHz samples) or before. `copy` fills a column from a
   * position on; what it leaves alone is silent.
   */
  take(
    endPosition: number,
    copy: (position: number, into: Int16Array) => void,
  ): { fromSample: number; peaks: number[] } {
    const oldest = Math.max(endPosition - MOST_SAMPLES, this.#position);
    const fromSample = Math.ceil(oldest / COLUMN_SAMPLES) * COLUMN_SAMPLES;
    const peaks: number[] = [];
    let sample = fromSample;
    for (; sample + COLUMN_SAMPLES <= endPosition; sample += COLUMN_SAMPLES) {
      this.#column.fill(0);
      copy(sample, this.#column);
      peaks.push(this.#peak());
    }
    this.#position = sample;
    return { fromSample, peaks };
  }

  #peak(): number {
    let peak = 0;
    for (let index = 0; index < COLUMN_SAMPLES; index++) {
      const size = Math.abs(this.#column[index]!);
      if (size > peak) peak = size;
    }
    return Math.round((peak * PEAK_STEPS) / FULL_SCALE);
  }
}
