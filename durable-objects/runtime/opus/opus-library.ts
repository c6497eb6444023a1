// libopus as one WASM instance for all conversations of an isolate, with a decoder or an encoder for each that needs one.

import { OPUS_FRAME_MAX_BYTES } from '../../../core/wire/opus-payload.ts';

/** Rate at which speech goes in and comes out, in Hz; libopus resamples inside. */
const RATE_HZ = 16_000;

/** Longest frame of isochron.v1, in samples: 60 ms. */
const FRAME_MAX_SAMPLES = 960;

/** OPUS_APPLICATION_VOIP and the requests of opus_defines.h. */
const APPLICATION_VOIP = 2048;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;

/** Speech is transparent to most ears from 24 kbit/s on (RFC 6716 §2.1.1 names 16 to 20 for wideband). */
const BITRATE = 24_000;

/** Of 0 to 10: half the work of 9, and nobody has told them apart at this rate. */
const COMPLEXITY = 5;

/** What wasm/build/opus.wasm exports; addresses and lengths in bytes. */
interface OpusExports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  oc_create_decoder(rateHz: number, channels: number, faultAt: number): number;
  oc_destroy_decoder(decoder: number): void;
  oc_decoder_ctl(decoder: number, request: number, value: number): number;
  oc_decode(
    d: number,
    packet: number,
    bytes: number,
    pcm: number,
    most: number,
    fec: number,
  ): number;
  oc_create_encoder(rateHz: number, channels: number, application: number, faultAt: number): number;
  oc_destroy_encoder(encoder: number): void;
  oc_encoder_ctl(encoder: number, request: number, value: number): number;
  oc_encoder_ctl_get_lookahead(encoder: number): number;
  oc_encode(e: number, pcm: number, samples: number, packet: number, most: number): number;
}

/** Decodes one stream, frame by frame. */
export interface OpusDecoder {
  /**
   * Decodes `bytes[offset … offset + lengthBytes)` to `into[intoOffset …]` at 16 kHz and returns the number of samples,
   * or −1 for what is no Opus packet, or one of another length than `samples`.
   */
  decode(
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    samples: number,
    into: Int16Array,
    intoOffset: number,
  ): number;
  /** Forgets the past: the next packet begins a stream. */
  reset(): void;
}

/** Encodes one stream, frame by frame. */
export interface OpusEncoder {
  /** Samples that come out later than they went in. */
  readonly lookaheadSamples: number;
  /** Encodes `samples[offset … offset + length)` to `into[intoOffset …]` and returns the number of bytes. */
  encode(
    samples: Int16Array,
    offset: number,
    length: number,
    into: Uint8Array,
    intoOffset: number,
  ): number;
  reset(): void;
}

/**
 * A decoder has 18 KB of the instance's memory and an encoder 43 KB. They go back when the object that stands for them
 * is collected; there is nothing to close.
 */
export class OpusLibrary {
  readonly #exports: OpusExports;
  readonly #pcmAt: number;
  readonly #packetAt: number;
  readonly #pcm: Int16Array;
  readonly #packet: Uint8Array;
  readonly #gone = new FinalizationRegistry((state: CodecState) => state.free());

  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module, refusals(module))
      .exports as unknown as OpusExports;
    this.#exports._initialize();
    this.#pcmAt = this.#exports.malloc(2 * FRAME_MAX_SAMPLES);
    this.#packetAt = this.#exports.malloc(OPUS_FRAME_MAX_BYTES);
    const { buffer } = this.#exports.memory;
    // The memory cannot grow (see `refusals`), so these views stay valid.
    this.#pcm = new Int16Array(buffer, this.#pcmAt, FRAME_MAX_SAMPLES);
    this.#packet = new Uint8Array(buffer, this.#packetAt, OPUS_FRAME_MAX_BYTES);
  }

  /** Throws RangeError when the instance's memory is full. */
  decoder(): OpusDecoder {
    const { oc_create_decoder: create, oc_decode, oc_destroy_decoder: destroy } = this.#exports;
    const state = new CodecState(() => create(RATE_HZ, 1, this.#pcmAt), destroy);
    const decoder: OpusDecoder = {
      decode: (bytes, offset, lengthBytes, samples, into, intoOffset) => {
        if (lengthBytes > OPUS_FRAME_MAX_BYTES || samples > FRAME_MAX_SAMPLES) return -1;
        for (let index = 0; index < lengthBytes; index++) {
          this.#packet[index] = bytes[offset + index]!;
        }
        const { address } = state;
        const decoded = oc_decode(address, this.#packetAt, lengthBytes, this.#pcmAt, samples, 0);
        if (decoded !== samples) return -1;
        for (let index = 0; index < samples; index++) into[intoOffset + index] = this.#pcm[index]!;
        return samples;
      },
      reset: () => state.renew(),
    };
    this.#gone.register(decoder, state);
    return decoder;
  }

  /** Throws RangeError when the instance's memory is full. */
  encoder(): OpusEncoder {
    const { oc_create_encoder: create, oc_encode, oc_destroy_encoder: destroy } = this.#exports;
    const { oc_encoder_ctl, oc_encoder_ctl_get_lookahead } = this.#exports;
    const state = new CodecState(() => {
      const address = create(RATE_HZ, 1, APPLICATION_VOIP, this.#pcmAt);
      if (address === 0) return 0;
      oc_encoder_ctl(address, SET_BITRATE, BITRATE);
      oc_encoder_ctl(address, SET_COMPLEXITY, COMPLEXITY);
      return address;
    }, destroy);
    const encoder: OpusEncoder = {
      lookaheadSamples: oc_encoder_ctl_get_lookahead(state.address),
      encode: (samples, offset, length, into, intoOffset) => {
        for (let index = 0; index < length; index++) this.#pcm[index] = samples[offset + index]!;
        const { address } = state;
        const bytes = oc_encode(address, this.#pcmAt, length, this.#packetAt, OPUS_FRAME_MAX_BYTES);
        for (let index = 0; index < bytes; index++) into[intoOffset + index] = this.#packet[index]!;
        return bytes;
      },
      reset: () => state.renew(),
    };
    this.#gone.register(encoder, state);
    return encoder;
  }
}

/** Memory of one codec inside the instance. */
class CodecState {
  readonly #create: () => number;
  readonly #destroy: (address: number) => void;
  #address: number;

  /** `create` returns 0 when there is no memory; then this throws RangeError. */
  constructor(create: () => number, destroy: (address: number) => void) {
    this.#create = create;
    this.#destroy = destroy;
    this.#address = made(create());
  }

  get address(): number {
    return this.#address;
  }

  /** The package lets no program reset a codec, so another one takes its place, and its memory. */
  renew(): void {
    this.free();
    this.#address = made(this.#create());
  }

  free(): void {
    this.#destroy(this.#address);
  }
}

/** The system calls that the module names: each is refused with 0, so the memory never grows and nothing is written. */
function refusals(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const functions = imports[from] ?? {};
    functions[name] = () => 0;
    imports[from] = functions;
  }
  return imports;
}

function made(address: number): number {
  if (address !== 0) return address;
  throw new RangeError('Cannot make an Opus codec: the memory for them is full.');
}
