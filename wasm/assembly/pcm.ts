// Stage 0: the window's 16-bit samples as floats within ±1, behind the context.
//
// In:  PCM [512]     Out: SAMPLES [512]

import { PCM_AT, SAMPLES_AT, WINDOW_SAMPLES } from './layout.ts';

const FULL_SCALE: f32 = 32768;

export function takeSamples(): void {
  const scale = f32x4.splat(1 / FULL_SCALE);
  for (let i: usize = 0; i < WINDOW_SAMPLES * 2; i += 16) {
    const eight = v128.load(PCM_AT + i);
    const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight));
    const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight));
    v128.store(SAMPLES_AT + i * 2, f32x4.mul(low, scale));
    v128.store(SAMPLES_AT + i * 2 + 16, f32x4.mul(high, scale));
  }
}
