// A whole turn of the caller in the vendor's rate.

import { AGENT_RATE_HZ } from '../../../core/conversation/agent.ts';
import { Resampler } from '../../../core/media/resampler.ts';
import { VENDOR_RATE_HZ } from './client-event.ts';

/** The vendor refuses to take less than 100 ms for a turn. */
const LEAST_TURN_SAMPLES = VENDOR_RATE_HZ / 10;

/** Vendor samples of a turn of so many 16 kHz samples: what they become, or what the vendor takes at least. */
export function leastOf(samples: number): number {
  const exact = Math.ceil((samples * VENDOR_RATE_HZ) / AGENT_RATE_HZ);
  return Math.max(exact, LEAST_TURN_SAMPLES);
}

/** 16 kHz samples at 24 kHz, with silence at the end where they are too few for a turn. */
export function vendorPcm(samples: Int16Array): Int16Array {
  const resampler = new Resampler(AGENT_RATE_HZ, VENDOR_RATE_HZ);
  const tail = new Int16Array(resampler.delaySamples);
  const made = new Int16Array(resampler.outputLimit(samples.length + tail.length) + 1);
  const length = resampler.convert(samples, 0, samples.length, made, 0);
  resampler.convert(tail, 0, tail.length, made, length);
  const turn = new Int16Array(leastOf(samples.length));
  turn.set(made.subarray(0, Math.min(turn.length, made.length)));
  return turn;
}
