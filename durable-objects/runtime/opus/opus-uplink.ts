// A client's Opus packets as the PCM16 packets that the engine hears: same header, other payload.

import { frameSamples } from '../../../core/media/payload-codec.ts';
import { BUNDLE_MAX_FRAMES } from '../../../core/wire/limits.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';
import { OPUS_LENGTH_BYTES, opusEntryBytes } from '../../../core/wire/opus-payload.ts';
import {
  FLAG_BUNDLE,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
  writeHeader,
} from '../../../core/wire/packet.ts';
import type { OpusDecoder } from './opus-library.ts';

/** Declared work of a decoded frame, in thousand multiply-adds: a third of a window of the VAD, by time. */
export const OPUS_DECODE_UNITS = 120;

/**
 * Decodes one connection's uplink. The sound lies OPUS_LOOKAHEAD_SAMPLES (6.5 ms) behind its position. Nothing is
 * allocated after construction.
 */
export class OpusUplink {
  readonly #decoder: OpusDecoder;
  readonly #charge: (units: number) => void;
  readonly #frameSamples: number;
  readonly #packet: Uint8Array;
  readonly #samples: Int16Array;
  readonly #header = new PacketHeader();
  /** Sequence number that follows on what the decoder has heard. */
  #nextSequence = -1;

  /** `charge` is told of the work that is done. */
  constructor(format: AudioFormat, decoder: OpusDecoder, charge: (units: number) => void) {
    this.#decoder = decoder;
    this.#charge = charge;
    this.#frameSamples = frameSamples(format);
    this.#packet = new Uint8Array(HEADER_BYTES + 2 * BUNDLE_MAX_FRAMES * this.#frameSamples);
    this.#samples = new Int16Array(this.#packet.buffer, HEADER_BYTES);
  }

  /**
   * The packet with its frames decoded; valid until the next call. What is not Opus of the agreed duration comes back as
   * a packet without payload, and one that is no audio as it came: the engine has its rules for both.
   */
  toEngine(packet: Uint8Array): Uint8Array {
    const header = this.#header;
    if (readHeader(packet, header) !== 'ok') return packet;
    const frames = this.#decode(packet, (header.flags & FLAG_BUNDLE) === 0 ? 1 : BUNDLE_MAX_FRAMES);
    writeHeader(this.#packet, header);
    return this.#packet.subarray(0, HEADER_BYTES + 2 * frames * this.#frameSamples);
  }

  /** Decodes every entry of the payload and returns how many there were; 0 when anything was wrong. */
  #decode(packet: Uint8Array, most: number): number {
    const { sequence } = this.#header;
    if (sequence !== this.#nextSequence) this.#decoder.reset();
    this.#nextSequence = -1;
    let frames = 0;
    for (let at = HEADER_BYTES; at < packet.length; frames++) {
      const length = opusEntryBytes(packet, at);
      if (length < 0 || frames === most) return 0;
      const into = frames * this.#frameSamples;
      at += OPUS_LENGTH_BYTES;
      this.#charge(OPUS_DECODE_UNITS);
      const { decode } = this.#decoder;
      if (decode(packet, at, length, this.#frameSamples, this.#samples, into) < 0) return 0;
      at += length;
    }
    this.#nextSequence = (sequence + frames) >>> 0;
    return frames;
  }
}
