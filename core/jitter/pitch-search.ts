// Finds two stretches of samples, a lag apart, that are alike: the measure behind stretching and concealment.

import { msToSamples } from '../media/units.ts';

/** Shortest and longest lag searched: voices from 400 Hz down to 67 Hz. */
const MINIMUM_LAG_MS = 2.5;
const MAXIMUM_LAG_MS = 15;

/** Longest span searched at once: two of the longest periods. */
const SPAN_MS = 30;

/** The coarse search runs at about this rate; the first formant is enough to find a period. */
const COARSE_RATE_HZ = 4000;

/** Shortest stretch compared, so that short periods are not found by chance. */
const MINIMUM_WINDOW_MS = 5;

/** Lags tried on either side of the coarse one, before every one around the best is: enough for the third formant. */
const FINE_TRIALS = 4;

/** Coarse samples from one place tried to the next. */
const PLACE_STEP = 2;

/** Two periods of a voice are at least as alike as this. */
const VOICED_LIKENESS = 0.8;

/** Of lags that are nearly as good the longest is taken: it moves more time with one seam. In noise none is much better. */
const VOICED_SLACK = 0.02;
const NOISE_SLACK = 0.3;

/**
 * Compares `samples[p … p + window)` with the same stretch a lag later, by 2·Σab / (Σa² + Σb²): 1 when they are equal,
 * less when they differ in shape or in level. Every sum is a whole number below 2⁵³, so all engines find the same.
 * Nothing is allocated after construction.
 */
export class PitchSearch {
  readonly spanSamples: number;
  readonly minimumLag: number;
  readonly maximumLag: number;
  /** What was found: where the first stretch begins, its length, and how far the second is away. */
  position = 0;
  window = 0;
  lag = 0;
  readonly #factor: number;
  /** Of the lags of the full rate, and of the samples, every so many is tried first. */
  readonly #fineStep: number;
  readonly #minimumWindow: number;
  readonly #coarse: Float64Array;
  /** Sums of squares of `#coarse` before each index. */
  readonly #energy: Float64Array;
  /** By lag: the best likeness, and where it is. */
  readonly #likenesses: Float64Array;
  readonly #positions: Int32Array;
  /** Likeness of the find, at the coarse rate and in full; doubles live in an array so that none is boxed. */
  readonly #found = new Float64Array(2);

  constructor(rateHz: number) {
    this.#factor = Math.max(1, Math.round(rateHz / COARSE_RATE_HZ));
    this.#fineStep = Math.max(1, Math.floor(this.#factor / FINE_TRIALS));
    this.spanSamples = msToSamples(SPAN_MS, rateHz);
    this.minimumLag = Math.ceil((MINIMUM_LAG_MS * rateHz) / 1000 / this.#factor) * this.#factor;
    this.maximumLag = msToSamples(MAXIMUM_LAG_MS, rateHz);
    this.#minimumWindow = Math.ceil((MINIMUM_WINDOW_MS * rateHz) / 1000 / this.#factor);
    const coarseSpan = Math.floor(this.spanSamples / this.#factor);
    this.#coarse = new Float64Array(coarseSpan);
    this.#energy = new Float64Array(coarseSpan + 1);
    this.#likenesses = new Float64Array(coarseSpan);
    this.#positions = new Int32Array(coarseSpan);
  }

  /** Whether the low band, where voices show their period, is that of a voice. */
  get isVoiced(): boolean {
    return this.#found[0]! >= VOICED_LIKENESS;
  }

  /** Likeness of the whole band. */
  get likeness(): number {
    return this.#found[1]!;
  }

  /**
   * Finds two stretches in the span `samples[offset …]` that are as alike as any, a lag of at most `maximumLag` apart.
   * Returns false when the limit leaves no lag to try, or none that is a whole number of a voice's periods.
   */
  find(samples: Int16Array, offset: number, maximumLag: number): boolean {
    const first = Math.floor(this.minimumLag / this.#factor);
    const last = Math.floor(this.maximumLag / this.#factor);
    const allowed = Math.min(last, Math.floor(maximumLag / this.#factor));
    if (allowed < first) return false;
    this.#decimate(samples, offset);
    if (!this.#searchCoarse(first, last, allowed)) return false;
    this.#refine(samples, offset, Math.min(this.maximumLag, maximumLag));
    return true;
  }

  /** Finds the period that the span `samples[offset …]` ends with: the second stretch is the end of the span. */
  findAtEnd(samples: Int16Array, offset: number): void {
    this.#decimate(samples, offset);
    this.#searchEnd();
    this.#refineEnd(samples, offset + this.spanSamples);
  }

  #decimate(samples: Int16Array, offset: number): void {
    const factor = this.#factor;
    let index = offset;
    let energy = 0;
    for (let coarse = 0; coarse < this.#coarse.length; coarse++) {
      let sum = 0;
      for (let tap = 0; tap < factor; tap++) sum += samples[index++]!;
      this.#coarse[coarse] = sum;
      energy += sum * sum;
      this.#energy[coarse + 1] = energy;
    }
  }

  /** Likeness and place of the best pair for each lag; then the longest of the good ones that are allowed. */
  #searchCoarse(firstLag: number, lastLag: number, allowedLag: number): boolean {
    for (let lag = firstLag; lag <= lastLag; lag++) this.#searchPlaces(lag);
    let best = this.#highest(firstLag, lastLag);
    let slack = VOICED_SLACK;
    if (best < VOICED_LIKENESS) {
      best = this.#highest(firstLag, allowedLag);
      slack = NOISE_SLACK;
    }
    let lag = allowedLag;
    while (lag >= firstLag && this.#likenesses[lag]! < best - slack) lag--;
    if (lag < firstLag) return false;
    this.#found[0] = this.#likenesses[lag]!;
    this.position = this.#positions[lag]! * this.#factor;
    this.lag = lag * this.#factor;
    // The exact lag may be longer by almost a coarse sample; it must still fit into the span.
    const room = this.spanSamples - this.position - this.lag - this.#factor;
    this.window = Math.min(this.#windowOf(lag) * this.#factor, room);
    return true;
  }

  #highest(firstLag: number, lastLag: number): number {
    let best = this.#likenesses[firstLag]!;
    for (let lag = firstLag + 1; lag <= lastLag; lag++) {
      best = Math.max(best, this.#likenesses[lag]!);
    }
    return best;
  }

  #windowOf(lag: number): number {
    return Math.min(this.#coarse.length - lag, Math.max(lag, this.#minimumWindow));
  }

  #searchPlaces(lag: number): void {
    const coarse = this.#coarse;
    const window = this.#windowOf(lag);
    const places = coarse.length - lag - window;
    let product = 0;
    for (let index = 0; index < window; index++) product += coarse[index]! * coarse[index + lag]!;
    let best = this.#likenessAt(product, 0, lag, window);
    this.#positions[lag] = 0;
    for (let position = PLACE_STEP; position <= places; position += PLACE_STEP) {
      for (let left = position - PLACE_STEP; left < position; left++) {
        const come = left + window;
        product += coarse[come]! * coarse[come + lag]! - coarse[left]! * coarse[left + lag]!;
      }
      const likeness = this.#likenessAt(product, position, lag, window);
      if (likeness <= best) continue;
      best = likeness;
      this.#positions[lag] = position;
    }
    this.#likenesses[lag] = best;
  }

  #searchEnd(): void {
    const span = this.#coarse.length;
    const lastLag = Math.floor(this.maximumLag / this.#factor);
    this.#found[0] = -2;
    for (let lag = Math.floor(this.minimumLag / this.#factor); lag <= lastLag; lag++) {
      const window = this.#windowOf(lag);
      const position = span - lag - window;
      let product = 0;
      for (let index = position; index < position + window; index++) {
        product += this.#coarse[index]! * this.#coarse[index + lag]!;
      }
      const likeness = this.#likenessAt(product, position, lag, window);
      if (likeness <= this.#found[0]!) continue;
      this.#found[0] = likeness;
      this.lag = lag * this.#factor;
      this.window = window * this.#factor;
    }
  }

  #refineEnd(samples: Int16Array, end: number): void {
    const { window } = this;
    const start = end - window;
    const from = this.lag - this.#factor;
    const to = Math.min(this.maximumLag, this.lag + this.#factor);
    const own = productOf(samples, start, start, window, 1);
    let other = productOf(samples, start - from, start - from, window, 1);
    this.#found[1] = -2;
    for (let lag = from; lag <= to; lag++) {
      const likeness = likenessOf(productOf(samples, start - lag, start, window, 1), own + other);
      other += squareAt(samples, start - lag - 1) - squareAt(samples, end - lag - 1);
      if (likeness <= this.#found[1]!) continue;
      this.#found[1] = likeness;
      this.lag = lag;
    }
    this.position = this.spanSamples - window - this.lag;
  }

  #likenessAt(product: number, position: number, lag: number, window: number): number {
    const energy =
      this.#energy[position + window]! -
      this.#energy[position]! +
      this.#energy[position + lag + window]! -
      this.#energy[position + lag]!;
    return likenessOf(product, energy);
  }

  /** Tries lags of the full rate around the coarse one, and then every one around the best of those. */
  #refine(samples: Int16Array, offset: number, longestLag: number): void {
    const start = offset + this.position;
    const from = Math.max(1, this.lag - this.#factor);
    const to = Math.min(longestLag, this.lag + this.#factor);
    const step = this.#fineStep;
    this.#tryLags(samples, start, from, to, step);
    if (step === 1) return;
    const { lag } = this;
    this.#tryLags(samples, start, Math.max(from, lag - step + 1), Math.min(to, lag + step - 1), 1);
  }

  /** Tries every `step`th lag, by every `step`th sample. */
  #tryLags(samples: Int16Array, start: number, from: number, to: number, step: number): void {
    const { window } = this;
    const own = productOf(samples, start, start, window, step);
    let other = productOf(samples, start + from, start + from, window, step);
    const reach = Math.ceil(window / step) * step;
    this.#found[1] = -2;
    for (let lag = from; lag <= to; lag += step) {
      const product = productOf(samples, start, start + lag, window, step);
      const likeness = likenessOf(product, own + other);
      other += squareAt(samples, start + lag + reach) - squareAt(samples, start + lag);
      if (likeness <= this.#found[1]!) continue;
      this.#found[1] = likeness;
      this.lag = lag;
    }
  }
}

/** 2·Σab / (Σa² + Σb²); 1 when both are silent. */
function likenessOf(product: number, energy: number): number {
  return energy === 0 ? 1 : (2 * product) / energy;
}

/** Σab of two stretches of the same samples, by every `step`th. */
function productOf(
  samples: Int16Array,
  a: number,
  b: number,
  length: number,
  step: number,
): number {
  let sum = 0;
  for (let index = 0; index < length; index += step)
    sum += samples[a + index]! * samples[b + index]!;
  return sum;
}

/** Square of a sample; 0 beyond the ends. */
function squareAt(samples: Int16Array, index: number): number {
  const sample = index >= 0 && index < samples.length ? samples[index]! : 0;
  return sample * sample;
}
