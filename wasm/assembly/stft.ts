// Stage 1: four magnitude spectra of the signal.
//
// In:     SIGNAL [640] = context 64, window 512, and 64 mirrored at the right end
// Out:    SPECTRUM [129 bins][4 frames]
// Frames: 256 samples under a periodic Hann window, every 128 samples; frame t lives in SIMD lane
//         t, so one FFT does all four.
// Cost:   about 8,200 multiplications. They are not in the declared work, which counts the layers.
//
// The model writes this as a convolution with 258 filters (264,192 multiply-adds), but the filters
// are Hann × cos and Hann × −sin: a Fourier transform, done here as a real FFT. The 256 real points
// are packed as 128 complex ones, even samples real and odd ones imaginary. Three Stockham passes
// of radix 4 and one of radix 2 transform them; such passes sort as they go, from one buffer into
// the other. A last step parts the spectra of the even and the odd samples.

import {
  CONTEXT_SAMPLES,
  FFT_A_AT,
  FFT_B_AT,
  FRAME_SAMPLES,
  FRAME_STEP,
  HANN_AT,
  REFLECTED_SAMPLES,
  REFLECTION_AT,
  SIGNAL_AT,
  SPECTRUM_AT,
  TWIDDLES_128_AT,
  TWIDDLES_32_AT,
  TWIDDLES_8_AT,
  UNPACK_TWIDDLES_AT,
  WINDOW_SAMPLES,
} from './layout.ts';
import { multiplyAdd, storeColumns } from './vectors.ts';

const POINTS = FRAME_SAMPLES / 2;
/** A complex vector: real parts of the four frames, then imaginary parts. */
const COMPLEX: usize = 32;

export function stft(): void {
  reflectRightEnd();
  packWindowedFrames();
  radix4Pass(FFT_A_AT, FFT_B_AT, POINTS, 1, TWIDDLES_128_AT);
  radix4Pass(FFT_B_AT, FFT_A_AT, POINTS / 4, 4, TWIDDLES_32_AT);
  radix4Pass(FFT_A_AT, FFT_B_AT, POINTS / 16, 16, TWIDDLES_8_AT);
  radix2Pass(FFT_B_AT, FFT_A_AT);
  unpackMagnitudes(FFT_A_AT);
}

/** y[576 + i] = y[574 − i]: the last sample itself is not repeated. */
function reflectRightEnd(): void {
  const mirrorAt = SIGNAL_AT + (CONTEXT_SAMPLES + WINDOW_SAMPLES - 5) * 4;
  for (let i: usize = 0; i < REFLECTED_SAMPLES * 4; i += 16) {
    const four = v128.load(mirrorAt - i);
    v128.store(REFLECTION_AT + i, v128.shuffle<f32>(four, four, 3, 2, 1, 0));
  }
}

/**
 * Multiplies by the window and turns [frame][sample] into [sample][frame]; even and odd neighbours
 * make a complex vector.
 */
function packWindowedFrames(): void {
  for (let i: usize = 0; i < FRAME_SAMPLES * 4; i += 16) {
    const hann = v128.load(HANN_AT + i);
    const frame0 = f32x4.mul(v128.load(SIGNAL_AT + i), hann);
    const frame1 = f32x4.mul(v128.load(SIGNAL_AT + FRAME_STEP * 4 + i), hann);
    const frame2 = f32x4.mul(v128.load(SIGNAL_AT + FRAME_STEP * 8 + i), hann);
    const frame3 = f32x4.mul(v128.load(SIGNAL_AT + FRAME_STEP * 12 + i), hann);
    storeColumns(FFT_A_AT + i * 4, frame0, frame1, frame2, frame3);
  }
}

/**
 * One Stockham pass of radix 4 (decimation in frequency): `stride` interleaved transforms of
 * `length` points become 4 × `stride` transforms of a quarter of the length. With a, b, c and d a
 * quarter of the length apart and w = e^(−2πi p / length), the four are
 *   (a + c) + (b + d),  ((a − c) − i(b − d)) w,  ((a + c) − (b + d)) w²,  ((a − c) + i(b − d)) w³
 */
@inline
function radix4Pass(from: usize, to: usize, length: usize, stride: usize, twiddles: usize): void {
  const strideBytes = stride * COMPLEX;
  const quarterBytes = (length / 4) * strideBytes;
  for (let p: usize = 0; p < length / 4; p++) {
    const twiddle = twiddles + p * 24;
    const w1r = v128.load32_splat(twiddle);
    const w1i = v128.load32_splat(twiddle + 4);
    const w2r = v128.load32_splat(twiddle + 8);
    const w2i = v128.load32_splat(twiddle + 12);
    const w3r = v128.load32_splat(twiddle + 16);
    const w3i = v128.load32_splat(twiddle + 20);

    let source = from + p * strideBytes;
    let target = to + p * 4 * strideBytes;
    for (const end = source + strideBytes; source < end; source += COMPLEX, target += COMPLEX) {
      const ar = v128.load(source);
      const ai = v128.load(source + 16);
      const br = v128.load(source + quarterBytes);
      const bi = v128.load(source + quarterBytes + 16);
      const cr = v128.load(source + 2 * quarterBytes);
      const ci = v128.load(source + 2 * quarterBytes + 16);
      const dr = v128.load(source + 3 * quarterBytes);
      const di = v128.load(source + 3 * quarterBytes + 16);

      const sumAcR = f32x4.add(ar, cr);
      const sumAcI = f32x4.add(ai, ci);
      const sumBdR = f32x4.add(br, dr);
      const sumBdI = f32x4.add(bi, di);
      const difAcR = f32x4.sub(ar, cr);
      const difAcI = f32x4.sub(ai, ci);
      // −i (b − d)
      const turnedR = f32x4.sub(bi, di);
      const turnedI = f32x4.sub(dr, br);

      v128.store(target, f32x4.add(sumAcR, sumBdR));
      v128.store(target + 16, f32x4.add(sumAcI, sumBdI));
      storeProduct(
        target + strideBytes,
        f32x4.add(difAcR, turnedR),
        f32x4.add(difAcI, turnedI),
        w1r,
        w1i,
      );
      storeProduct(
        target + 2 * strideBytes,
        f32x4.sub(sumAcR, sumBdR),
        f32x4.sub(sumAcI, sumBdI),
        w2r,
        w2i,
      );
      storeProduct(
        target + 3 * strideBytes,
        f32x4.sub(difAcR, turnedR),
        f32x4.sub(difAcI, turnedI),
        w3r,
        w3i,
      );
    }
  }
}

/** Stores (xr + i xi)(wr + i wi). */
@inline
function storeProduct(at: usize, xr: v128, xi: v128, wr: v128, wi: v128): void {
  v128.store(at, f32x4.sub(f32x4.mul(xr, wr), f32x4.mul(xi, wi)));
  v128.store(at + 16, multiplyAdd(xr, wi, f32x4.mul(xi, wr)));
}

/** The last pass: 64 transforms of two points, which need no twiddles. */
function radix2Pass(from: usize, to: usize): void {
  for (let q: usize = 0; q < (POINTS / 2) * COMPLEX; q += 16) {
    const a = v128.load(from + q);
    const b = v128.load(from + q + (POINTS / 2) * COMPLEX);
    v128.store(to + q, f32x4.add(a, b));
    v128.store(to + q + (POINTS / 2) * COMPLEX, f32x4.sub(a, b));
  }
}

/**
 * From the transform Z of the packed points to the 129 magnitudes of X. With E and O the spectra of
 * the even and the odd samples and w = e^(−2πi k / 256):
 *   E[k] = (Z[k] + Z*[128 − k]) / 2        X[k]       = E[k] + w O[k]
 *   O[k] = (Z[k] − Z*[128 − k]) / 2i       X[128 − k] = (E[k] − w O[k])*
 */
function unpackMagnitudes(z: usize): void {
  const dcR = v128.load(z);
  const dcI = v128.load(z + 16);
  v128.store(SPECTRUM_AT, f32x4.abs(f32x4.add(dcR, dcI)));
  v128.store(SPECTRUM_AT + POINTS * 16, f32x4.abs(f32x4.sub(dcR, dcI)));

  const half = f32x4.splat(0.5);
  let low = z + COMPLEX;
  let high = z + (POINTS - 1) * COMPLEX;
  let lowBin: usize = SPECTRUM_AT + 16;
  let highBin: usize = SPECTRUM_AT + (POINTS - 1) * 16;
  for (let twiddle: usize = UNPACK_TWIDDLES_AT; low <= high; twiddle += 8) {
    const ar = v128.load(low);
    const ai = v128.load(low + 16);
    const br = v128.load(high);
    const bi = v128.load(high + 16);
    const wr = v128.load32_splat(twiddle);
    const wi = v128.load32_splat(twiddle + 4);

    const evenR = f32x4.mul(half, f32x4.add(ar, br));
    const evenI = f32x4.mul(half, f32x4.sub(ai, bi));
    const oddR = f32x4.mul(half, f32x4.add(ai, bi));
    const oddI = f32x4.mul(half, f32x4.sub(br, ar));
    const turnedR = f32x4.sub(f32x4.mul(oddR, wr), f32x4.mul(oddI, wi));
    const turnedI = multiplyAdd(oddR, wi, f32x4.mul(oddI, wr));

    v128.store(lowBin, magnitude(f32x4.add(evenR, turnedR), f32x4.add(evenI, turnedI)));
    v128.store(highBin, magnitude(f32x4.sub(evenR, turnedR), f32x4.sub(evenI, turnedI)));
    low += COMPLEX;
    high -= COMPLEX;
    lowBin += 16;
    highBin -= 16;
  }
}

@inline
function magnitude(re: v128, im: v128): v128 {
  return f32x4.sqrt(multiplyAdd(re, re, f32x4.mul(im, im)));
}
