// The engine's PCM16 packets as Opus packets for a client: same header, other payload.

import { frameSamples } from '../../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';
import {
  OPUS_FRAME_MAX_BYTES,
  OPUS_LENGTH_BYTES,
  writeOpusLength,
} from '../../../core/wire/opus-payload.ts';
import {
  FLAG_LAST,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
  writeHeader,
} from '../../../core/wire/packet.ts';
import type { OpusEncoder } from './opus-library.ts';

/** Declared work of an encoded frame, in thousand multiply-adds: two windows of the VAD, by time. */
export const OPUS_ENCODE_UNITS = 800;

/**
 * Encodes one connection's downlink. A packet that does not follow on the one before it, in generation and timestamp,
 * begins a new Opus stream, and the last of a generation carries one frame more, the encoder's tail: a decoder that does
 * the same and drops OPUS_LOOKAHEAD_SAMPLES has every sample of a generation at its position. Nothing is allocated after
 * construction.
 */
export class OpusDownlink {
  readonly #encoder: OpusEncoder;
  readonly #charge: (units: number) => void;
  readonly #frame: Int16Array;
  readonly #silence: Int16Array;
  readonly #packet = new Uint8Array(HEADER_BYTES + 2 * (OPUS_LENGTH_BYTES + OPUS_FRAME_MAX_BYTES));
  readonly #header = new PacketHeader();
  #generation = -1;
  #nextTimestamp = -1;

  /** `charge` is told of the work that is done. */
  constructor(format: AudioFormat, encoder: OpusEncoder, charge: (units: number) => void) {
    this.#encoder = encoder;
    this.#charge = charge;
    this.#frame = new Int16Array(frameSamples(format));
    this.#silence = new Int16Array(frameSamples(format));
  }

  /** The packet with its frame encoded; valid until the next call. */
  toClient(packet: Uint8Array): Uint8Array {
    const header = this.#header;
    readHeader(packet, header);
    const { generation, timestamp } = header;
    if (generation !== this.#generation || timestamp !== this.#nextTimestamp) this.#encoder.reset();
    let end = HEADER_BYTES;
    const hasFrame = packet.length > HEADER_BYTES;
    if (hasFrame) {
      this.#read(packet);
      end = this.#encode(this.#frame, end);
    }
    if ((header.flags & FLAG_LAST) !== 0) end = this.#encode(this.#silence, end);
    this.#generation = generation;
    this.#nextTimestamp = (timestamp + (hasFrame ? this.#frame.length : 0)) >>> 0;
    writeHeader(this.#packet, header);
    return this.#packet.subarray(0, end);
  }

  #read(packet: Uint8Array): void {
    for (let index = 0; index < this.#frame.length; index++) {
      const at = HEADER_BYTES + 2 * index;
      // Stored into an Int16Array, 0x8000 … 0xffff become negative.
      this.#frame[index] = packet[at]! | (packet[at + 1]! << 8);
    }
  }

  /** Appends an entry and returns where it ends. */
  #encode(samples: Int16Array, at: number): number {
    this.#charge(OPUS_ENCODE_UNITS);
    const bytesAt = at + OPUS_LENGTH_BYTES;
    const length = this.#encoder.encode(samples, 0, samples.length, this.#packet, bytesAt);
    writeOpusLength(this.#packet, at, length);
    return bytesAt + length;
  }
}
