// Levels of two signals in bands of about a third of an octave, from one Fourier transform.

/** Samples of one transform at 16 kHz, 16 ms; a power of two. */
export const SPECTRUM_SAMPLES = 256;

/** Edges of the bands in bins of 62.5 Hz: from 190 Hz, above a room's rumble, to 6.9 kHz. */
const BAND_EDGES = Uint8Array.of(
  ...[3, 5, 7, 9, 11, 13, 15, 18, 21, 24, 28, 32, 37, 43, 50, 58, 68, 80, 94, 110],
);

export const BANDS = BAND_EDGES.length - 1;

const BITS = Math.log2(SPECTRUM_SAMPLES);

/** Power of a signal of 1 LSB: that of the window, times the 4 of two doubled halves. Added to all, so that silence has 0 dB. */
const LEAST_POWER = 4 * SPECTRUM_SAMPLES * 0.375;

/**
 * Takes two real signals as the real and the imaginary part of one complex signal, whose transform X gives both:
 * A[k] = (X[k] + X*[N−k]) / 2 and B[k] = (X[k] − X*[N−k]) / 2i. Nothing is allocated after construction.
 */
export class BandSpectrum {
  /** Put the samples here before `measure`, which overwrites them. */
  readonly first = new Float64Array(SPECTRUM_SAMPLES);
  readonly second = new Float64Array(SPECTRUM_SAMPLES);
  /** Levels of the first and of the second signal in dB. */
  readonly firstDb = new Float64Array(BANDS);
  readonly secondDb = new Float64Array(BANDS);
  readonly #window = new Float64Array(SPECTRUM_SAMPLES);
  readonly #cosine = new Float64Array(SPECTRUM_SAMPLES / 2);
  readonly #sine = new Float64Array(SPECTRUM_SAMPLES / 2);
  readonly #reversed = new Uint8Array(SPECTRUM_SAMPLES);

  constructor() {
    for (let index = 0; index < SPECTRUM_SAMPLES; index++) {
      const angle = (2 * Math.PI * index) / SPECTRUM_SAMPLES;
      this.#window[index] = 0.5 - 0.5 * Math.cos(angle);
      if (index < SPECTRUM_SAMPLES / 2) {
        this.#cosine[index] = Math.cos(angle);
        this.#sine[index] = -Math.sin(angle);
      }
      for (let bit = 0; bit < BITS; bit++) {
        if ((index >> bit) & 1) this.#reversed[index]! |= 1 << (BITS - 1 - bit);
      }
    }
  }

  /** Transforms both signals under a Hann window and measures their bands. */
  measure(): void {
    const { first, second } = this;
    for (let index = 0; index < SPECTRUM_SAMPLES; index++) {
      first[index]! *= this.#window[index]!;
      second[index]! *= this.#window[index]!;
    }
    this.#transform();
    for (let band = 0; band < BANDS; band++) this.#measureBand(band);
  }

  #transform(): void {
    const { first: re, second: im } = this;
    for (let index = 0; index < SPECTRUM_SAMPLES; index++) {
      const other = this.#reversed[index]!;
      if (other <= index) continue;
      const real = re[index]!;
      const imaginary = im[index]!;
      re[index] = re[other]!;
      im[index] = im[other]!;
      re[other] = real;
      im[other] = imaginary;
    }
    for (let half = 1; half < SPECTRUM_SAMPLES; half *= 2) this.#butterflies(half);
  }

  #butterflies(half: number): void {
    const { first: re, second: im } = this;
    const step = SPECTRUM_SAMPLES / (2 * half);
    for (let start = 0; start < SPECTRUM_SAMPLES; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const cosine = this.#cosine[k * step]!;
        const sine = this.#sine[k * step]!;
        const low = start + k;
        const high = low + half;
        const real = re[high]! * cosine - im[high]! * sine;
        const imaginary = re[high]! * sine + im[high]! * cosine;
        re[high] = re[low]! - real;
        im[high] = im[low]! - imaginary;
        re[low]! += real;
        im[low]! += imaginary;
      }
    }
  }

  #measureBand(band: number): void {
    const { first: re, second: im } = this;
    let firstPower = LEAST_POWER;
    let secondPower = LEAST_POWER;
    for (let bin = BAND_EDGES[band]!; bin < BAND_EDGES[band + 1]!; bin++) {
      const mirror = SPECTRUM_SAMPLES - bin;
      const evenReal = re[bin]! + re[mirror]!;
      const oddImaginary = im[bin]! - im[mirror]!;
      const evenImaginary = im[bin]! + im[mirror]!;
      const oddReal = re[mirror]! - re[bin]!;
      firstPower += evenReal * evenReal + oddImaginary * oddImaginary;
      secondPower += evenImaginary * evenImaginary + oddReal * oddReal;
    }
    this.firstDb[band] = TO_DB * Math.log(firstPower) - REFERENCE_DB;
    this.secondDb[band] = TO_DB * Math.log(secondPower) - REFERENCE_DB;
  }
}

const TO_DB = 10 / Math.LN10;
const REFERENCE_DB = 10 * Math.log10(LEAST_POWER);
