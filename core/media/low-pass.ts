// The low-pass filter of the resampler: a windowed sinc, cut into the phases of a ratio of rates.

/** Attenuation that the Kaiser window is shaped for, in dB. */
const STOPBAND_DB = 74;

/** Half the transition from passband to stopband, as a share of the lower rate's bandwidth: 7.2 to 8.8 kHz at 16 kHz. */
const TRANSITION = 0.1;

/** The same at 8 kHz, where 3.4 kHz is the edge of telephone speech and a shorter filter is worth more: 3.4 to 4.6 kHz. */
const TELEPHONE_TRANSITION = 0.15;
const TELEPHONE_RATE_HZ = 8000;

/** Input samples on either side of an output sample that the filter reaches (Kaiser 1974: length by attenuation). */
export function passbandHalfWidth(fromHz: number, toHz: number): number {
  const lowerHz = Math.min(fromHz, toHz);
  const share = lowerHz === TELEPHONE_RATE_HZ ? TELEPHONE_TRANSITION : TRANSITION;
  const lowerSamples = Math.ceil((STOPBAND_DB - 7.95) / 14.36 / share / 2);
  return Math.ceil((lowerSamples * fromHz) / lowerHz);
}

/**
 * Gains for outputs that lie 0, 1/up … (up − 1)/up of an input sample after one, `taps` for each: the first belongs to
 * the input sample `halfWidth − 1` before, and beyond `halfWidth` they are zero. Cut off at half the lower rate; each phase sums to 1, so that a constant stays
 * the same constant.
 */
export function lowPassPhases(
  fromHz: number,
  toHz: number,
  up: number,
  halfWidth: number,
  taps: number,
): Float64Array {
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  const cutoff = Math.min(1, toHz / fromHz);
  const phases = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    const gains = phases.subarray(phase * taps, (phase + 1) * taps);
    for (let k = 0; k < taps; k++) {
      const distance = phase / up - (k - (halfWidth - 1));
      gains[k] = sinc(cutoff * distance) * kaiser(distance / halfWidth, beta);
    }
    const sum = gains.reduce((total, gain) => total + gain);
    for (let k = 0; k < taps; k++) gains[k]! /= sum;
  }
  return phases;
}

/** sin(πx) / πx, exactly 0 at the whole numbers but 0. */
function sinc(x: number): number {
  if (x === 0) return 1;
  return Number.isInteger(x) ? 0 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser window from −1 to 1. */
function kaiser(x: number, beta: number): number {
  return Math.abs(x) > 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x)) / besselI0(beta);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
