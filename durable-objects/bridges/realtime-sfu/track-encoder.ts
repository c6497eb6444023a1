// 16 kHz samples of the engine as the SFU wants them: 48 kHz, both channels the same, 16 bits, little-endian.

import { Resampler } from '../../../core/media/resampler.ts';

const TRACK_HZ = 48_000;

/** Bytes of a sample of both channels. */
const BYTES_PER_PAIR = 4;

/** The longest frame: 60 ms. With 11,520 bytes it lies well below the 32 KB that the SFU takes. */
const MOST_SAMPLES = 960;

/** What comes out is valid until the next call. Segments come out three times as long as they went in, once flushed. */
export class TrackEncoder {
  readonly #resampler = new Resampler(16_000, TRACK_HZ);
  readonly #mono = new Int16Array(this.#resampler.outputLimit(MOST_SAMPLES));
  readonly #bytes = new Uint8Array(this.#mono.length * BYTES_PER_PAIR);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #zeros = new Int16Array(this.#resampler.delaySamples);

  /** Takes at most 960 samples. */
  encode(samples: Int16Array): Uint8Array {
    const count = this.#resampler.convert(samples, 0, samples.length, this.#mono, 0);
    for (let n = 0; n < count; n++) {
      this.#view.setInt16(n * BYTES_PER_PAIR, this.#mono[n]!, true);
      this.#view.setInt16(n * BYTES_PER_PAIR + 2, this.#mono[n]!, true);
    }
    return this.#bytes.subarray(0, count * BYTES_PER_PAIR);
  }

  /** The end of a segment that the filter has kept back; it fades within 1.3 ms. */
  flush(): Uint8Array {
    const rest = this.encode(this.#zeros);
    this.#resampler.reset();
    return rest;
  }

  /** Nothing to be heard; 60 ms at most. */
  silence(lengthMs: number): Uint8Array {
    const bytes = (lengthMs * TRACK_HZ * BYTES_PER_PAIR) / 1000;
    return this.#bytes.fill(0, 0, bytes).subarray(0, bytes);
  }
}
