// What the resamplers of capture and playback wait for, by the device's rate.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { Resampler } from '../../core/media/resampler.ts';

/** In ms of sound: 1.1 to 2. Throws RangeError for a rate that cannot be converted. */
export function resamplerDelaysMs(rateHz: number): {
  readonly capture: number;
  readonly playback: number;
} {
  return { capture: delayMs(rateHz, ENGINE_RATE_HZ), playback: delayMs(ENGINE_RATE_HZ, rateHz) };
}

function delayMs(fromHz: number, toHz: number): number {
  return (new Resampler(fromHz, toHz).delaySamples * 1000) / fromHz;
}
