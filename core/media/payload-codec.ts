// Payload bytes of a wire to 16 kHz samples and back, for the audio formats that are supported.

import type { AudioFormat } from '../wire/messages.ts';
import { decodeMulaw, encodeMulaw } from './mulaw.ts';
import { Resampler, type ResamplerSnapshot } from './resampler.ts';
import { BYTES_PER_SAMPLE, msToSamples } from './units.ts';

/** Rate of the samples inside the engine, in Hz. */
export const ENGINE_RATE_HZ = 16_000;

/** Zeros of the wire after which a decoder has forgotten all audio before them. */
export const SETTLE_SAMPLES = 32;

/** The supported codecs and the one rate of each, in Hz. */
const SUPPORTED_RATE_HZ = { pcm16: ENGINE_RATE_HZ, mulaw: 8000 } as const;

type SupportedCodec = keyof typeof SUPPORTED_RATE_HZ;

/** Wire samples that are converted at once; a longer call takes several rounds. */
const BLOCK_SAMPLES = 512;

/** Says in a sentence why a format is not supported, or returns null when it is. */
export function formatFault(format: AudioFormat): string | null {
  if (format.codec !== 'opus' && format.rateHz === SUPPORTED_RATE_HZ[format.codec]) return null;
  return `${format.codec} at ${format.rateHz} Hz is not supported: use pcm16 or opus at 16000 Hz, or mulaw at 8000 Hz.`;
}

/** Samples of one frame, at the rate of the format: what the media timestamp rises by. */
export function frameSamples(format: AudioFormat): number {
  return msToSamples(format.frameMs, format.rateHz);
}

/** Payload bytes of one frame. Throws RangeError for a format that has a fault. */
export function frameBytes(format: AudioFormat): number {
  return frameSamples(format) * BYTES_PER_SAMPLE[supportedCodec(format)];
}

/** State of a payload decoder or encoder. */
export interface PayloadCodecSnapshot {
  readonly converter?: ResamplerSnapshot | undefined;
  readonly quietSamples?: number | undefined;
}

/**
 * Payload bytes → 16 kHz samples. Each sample of the wire gives exactly `ratio` samples, so that positions can be
 * counted on either side. From 8 kHz the sound itself lies 32 samples (2 ms) behind its position, the filter's delay.
 */
export class PayloadDecoder {
  /** Engine samples for each sample of the wire: 1 or 2. */
  readonly ratio: number;
  readonly #codec: SupportedCodec;
  readonly #upsampler = new Resampler(SUPPORTED_RATE_HZ.mulaw, ENGINE_RATE_HZ);
  readonly #block = new Int16Array(BLOCK_SAMPLES);
  /** Zeros since the last frame, counted no further than SETTLE_SAMPLES. */
  #quietSamples = SETTLE_SAMPLES;

  /** Throws RangeError for a format that has a fault. */
  constructor(format: AudioFormat) {
    this.#codec = supportedCodec(format);
    this.ratio = ENGINE_RATE_HZ / format.rateHz;
    this.reset();
  }

  /** Writes the samples of `bytes[offset … offset + lengthBytes)` to `into[intoOffset …]`, returns how many. */
  decode(
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    into: Int16Array,
    intoOffset: number,
  ): number {
    this.#quietSamples = 0;
    if (this.#codec === 'pcm16') return decodePcm16(bytes, offset, lengthBytes, into, intoOffset);
    let written = 0;
    for (let taken = 0; taken < lengthBytes; taken += BLOCK_SAMPLES) {
      const block = Math.min(BLOCK_SAMPLES, lengthBytes - taken);
      for (let index = 0; index < block; index++) {
        this.#block[index] = decodeMulaw(bytes[offset + taken + index]!);
      }
      written += this.#upsampler.convert(this.#block, 0, block, into, intoOffset + written);
    }
    return written;
  }

  /**
   * Takes `wireSamples` zeros, for silence or a gap of any length. Writes only what still rings of the audio before
   * (at most `ratio` · SETTLE_SAMPLES) to `into[intoOffset …]` and returns how many samples; all others of the
   * `ratio` · wireSamples are zeros, which the caller can count without making them.
   */
  silence(wireSamples: number, into: Int16Array, intoOffset: number): number {
    const ringing = Math.min(wireSamples, SETTLE_SAMPLES - this.#quietSamples);
    this.#quietSamples += ringing;
    if (this.#codec === 'pcm16') return 0;
    this.#block.fill(0, 0, ringing);
    return this.#upsampler.convert(this.#block, 0, ringing, into, intoOffset);
  }

  /** Forgets the past: the next frame begins a new stream. */
  reset(): void {
    this.#quietSamples = SETTLE_SAMPLES;
    this.#upsampler.reset();
    // The filter's delay is filled with zeros, so that the first sample in already brings the first ones out.
    this.#block.fill(0);
    this.#upsampler.convert(this.#block, 0, this.#upsampler.delaySamples, this.#block, 0);
  }

  snapshot(): PayloadCodecSnapshot {
    return { converter: this.#upsampler.snapshot(), quietSamples: this.#quietSamples };
  }

  /** Takes a state of the same format. */
  restore(snapshot: PayloadCodecSnapshot): void {
    this.reset();
    if (snapshot.converter !== undefined) this.#upsampler.restore(snapshot.converter);
    this.#quietSamples = snapshot.quietSamples ?? SETTLE_SAMPLES;
  }
}

/**
 * 16 kHz samples → payload bytes. `ratio` samples give exactly one sample of the wire, so that a frame's worth in is a
 * frame out. To 8 kHz the sound lies 15 samples (1.9 ms) behind its position, and the last 1.9 ms stay inside.
 */
export class PayloadEncoder {
  /** Engine samples for each sample of the wire: 1 or 2. */
  readonly ratio: number;
  readonly #codec: SupportedCodec;
  readonly #decimator = new Resampler(ENGINE_RATE_HZ, SUPPORTED_RATE_HZ.mulaw);
  readonly #block = new Int16Array(BLOCK_SAMPLES);

  /** Throws RangeError for a format that has a fault. */
  constructor(format: AudioFormat) {
    this.#codec = supportedCodec(format);
    this.ratio = ENGINE_RATE_HZ / format.rateHz;
    this.reset();
  }

  /** Writes the bytes of `samples[offset … offset + length)` to `into[intoOffset …]`, returns how many. */
  encode(
    samples: Int16Array,
    offset: number,
    length: number,
    into: Uint8Array,
    intoOffset: number,
  ): number {
    if (this.#codec === 'pcm16') return encodePcm16(samples, offset, length, into, intoOffset);
    let written = 0;
    for (let taken = 0; taken < length; taken += 2 * BLOCK_SAMPLES) {
      const chunk = Math.min(2 * BLOCK_SAMPLES, length - taken);
      const block = this.#decimator.convert(samples, offset + taken, chunk, this.#block, 0);
      for (let index = 0; index < block; index++) {
        into[intoOffset + written + index] = encodeMulaw(this.#block[index]!);
      }
      written += block;
    }
    return written;
  }

  /** Forgets the past: the next sample begins a new stream. */
  reset(): void {
    this.#decimator.reset();
    // All but one sample of the delay is filled with zeros, so that the first pair in already brings a sample out.
    this.#block.fill(0);
    this.#decimator.convert(this.#block, 0, this.#decimator.delaySamples - 1, this.#block, 0);
  }

  snapshot(): PayloadCodecSnapshot {
    return { converter: this.#decimator.snapshot() };
  }

  /** Takes a state of the same format. */
  restore(snapshot: PayloadCodecSnapshot): void {
    this.reset();
    if (snapshot.converter !== undefined) this.#decimator.restore(snapshot.converter);
  }
}

function supportedCodec(format: AudioFormat): SupportedCodec {
  if (format.codec === 'opus' || formatFault(format) !== null) {
    throw new RangeError(`Cannot make a payload codec: ${formatFault(format)}`);
  }
  return format.codec;
}

function decodePcm16(
  bytes: Uint8Array,
  offset: number,
  lengthBytes: number,
  into: Int16Array,
  intoOffset: number,
): number {
  const samples = lengthBytes >> 1;
  for (let index = 0; index < samples; index++) {
    const at = offset + 2 * index;
    // Stored into an Int16Array, 0x8000 … 0xffff become negative.
    into[intoOffset + index] = bytes[at]! | (bytes[at + 1]! << 8);
  }
  return samples;
}

function encodePcm16(
  samples: Int16Array,
  offset: number,
  length: number,
  into: Uint8Array,
  intoOffset: number,
): number {
  for (let index = 0; index < length; index++) {
    const at = intoOffset + 2 * index;
    const sample = samples[offset + index]!;
    // Stored into a Uint8Array, all but the low eight bits are dropped.
    into[at] = sample;
    into[at + 1] = sample >> 8;
  }
  return 2 * length;
}
