// A room with an open speaker: what the microphone hears of what is played, mildly distorted.

import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';
import { randomFrom } from './random.ts';

const SAMPLES_PER_MS = SCORER_RATE_HZ / 1000;

/** Sound remembered: delay and reverberation. A power of two. */
const MEMORY_SAMPLES = 2 ** 14;

/** Reflections within this time, dying by 60 dB in a living room's 350 ms. */
const REFLECTIONS = 12;
const REFLECTED_MS = 150;
const REVERBERATION_MS = 350;
const REFLECTION_GAIN = 0.5;

/** What a small loudspeaker and its enclosure do. */
export const DISTORTIONS = ['none', 'clipped', 'coloured', 'reverberant', 'all'] as const;
export type Distortion = (typeof DISTORTIONS)[number];

export interface SpeakerOptions {
  /** Level of the echo over that of what is played. */
  readonly leakDb: number;
  readonly delayMs: number;
  readonly distortion: Distortion;
  /** Level of the speech that is played, for the clipping and the gain (RMS of 16-bit samples). */
  readonly playedRms: number;
  readonly seed: number;
}

export class OpenSpeaker {
  readonly #memory = new Float64Array(MEMORY_SAMPLES);
  readonly #taps: { readonly delay: number; readonly gain: number }[] = [];
  readonly #gain: number;
  readonly #clipAt: number;
  readonly #isColoured: boolean;
  #position = 0;
  #low = 0;
  #high = 0;
  #before = 0;

  constructor({ leakDb, delayMs, distortion, playedRms, seed }: SpeakerOptions) {
    const has = (kind: Distortion) => distortion === kind || distortion === 'all';
    const random = randomFrom(seed);
    const delay = Math.round(delayMs * SAMPLES_PER_MS);
    this.#taps.push({ delay, gain: 1 });
    if (has('reverberant')) {
      for (let tap = 0; tap < REFLECTIONS; tap++) {
        const afterMs = 3 + random() * REFLECTED_MS;
        const gain = REFLECTION_GAIN * 10 ** ((-3 * afterMs) / REVERBERATION_MS);
        const sign = random() < 0.5 ? -1 : 1;
        this.#taps.push({ delay: delay + Math.round(afterMs * SAMPLES_PER_MS), gain: sign * gain });
      }
    }
    this.#isColoured = has('coloured');
    this.#clipAt = has('clipped') ? 2 * playedRms : 0;
    const power = this.#taps.reduce((sum, { gain }) => sum + gain * gain, 0);
    this.#gain = 10 ** (leakDb / 20) / Math.sqrt(power);
  }

  /** Plays a sample and returns what the microphone hears at the same time. */
  next(played: number): number {
    this.#memory[this.#position & (MEMORY_SAMPLES - 1)] = this.#coloured(this.#clipped(played));
    let heard = 0;
    for (const { delay, gain } of this.#taps)
      heard += gain * this.#memory[(this.#position - delay) & (MEMORY_SAMPLES - 1)]!;
    this.#position++;
    return heard * this.#gain;
  }

  #clipped(sample: number): number {
    return this.#clipAt > 0 ? this.#clipAt * Math.tanh(sample / this.#clipAt) : sample;
  }

  /** A band-pass of first order: −3 dB at 270 Hz and 1.8 kHz. */
  #coloured(sample: number): number {
    if (!this.#isColoured) return sample;
    this.#high = 0.9 * (this.#high + sample - this.#before);
    this.#before = sample;
    this.#low += 0.5 * (this.#high - this.#low);
    return 1.3 * this.#low;
  }
}
