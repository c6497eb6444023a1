// Makes packets of the speech line's samples: one reused buffer, encoded in place.

import { frameBytes, frameSamples, PayloadEncoder } from '../media/payload-codec.ts';
import type { AudioFormat } from '../wire/messages.ts';
import { FLAG_FIRST, FLAG_LAST, HEADER_BYTES, PacketHeader, writeHeader } from '../wire/packet.ts';
import { type Segment, sentPosition } from './segments.ts';
import type { SpeechQueue } from './speech-queue.ts';

/** Writes the packets of one format. Nothing is allocated after construction. */
export class PacketWriter {
  /** 16 kHz samples of one frame. */
  readonly frameSpan: number;
  /** 16 kHz samples for each content sample of the wire. */
  readonly ratio: number;
  /** Bytes of a packet with a frame in it. */
  readonly packetBytes: number;
  readonly #encoder: PayloadEncoder;
  readonly #samples: Int16Array;
  readonly #packet: Uint8Array;
  readonly #emptyPacket: Uint8Array;
  readonly #header = new PacketHeader();
  /** The encoder has just seen the frame before this one of this generation. */
  #encodedGeneration = -1;
  #encodedPosition = -1;

  /** Throws RangeError for a format that has a fault. */
  constructor(format: AudioFormat) {
    this.#encoder = new PayloadEncoder(format);
    this.ratio = this.#encoder.ratio;
    this.frameSpan = frameSamples(format) * this.ratio;
    this.packetBytes = HEADER_BYTES + frameBytes(format);
    this.#samples = new Int16Array(this.frameSpan);
    this.#packet = new Uint8Array(this.packetBytes);
    this.#emptyPacket = this.#packet.subarray(0, HEADER_BYTES);
  }

  /**
   * The next frame of a segment; where the utterance ends inside it, zeros follow. Null when the speech is lost.
   * The bytes are valid until the next call.
   */
  frame(
    segment: Segment,
    speech: SpeechQueue,
    sequence: number,
    isLast: boolean,
  ): Uint8Array | null {
    const position = sentPosition(segment);
    if (segment.generation !== this.#encodedGeneration || position !== this.#encodedPosition) {
      this.#prime(segment, position, speech);
    }
    if (!this.#encode(segment, position, speech)) return null;
    this.#encodedGeneration = segment.generation;
    this.#encodedPosition = position + this.frameSpan;
    const isFirst = segment.sentFrames === 0;
    this.#writeHeader(segment, sequence, (isFirst ? FLAG_FIRST : 0) | (isLast ? FLAG_LAST : 0));
    return this.#packet;
  }

  /** A packet without content that only ends the utterance. */
  end(segment: Segment, sequence: number): Uint8Array {
    this.#writeHeader(segment, sequence, FLAG_LAST | (segment.sentFrames === 0 ? FLAG_FIRST : 0));
    return this.#emptyPacket;
  }

  /**
   * Brings the encoder to a frame in the middle: its filter remembers less than a frame, so with the frame before put
   * through it the bytes are the same as if it had never stopped.
   */
  #prime(segment: Segment, position: number, speech: SpeechQueue): void {
    this.#encoder.reset();
    if (position > segment.startPosition) this.#encode(segment, position - this.frameSpan, speech);
  }

  #encode(segment: Segment, position: number, speech: SpeechQueue): boolean {
    const wanted = Math.min(this.frameSpan, segment.utterance.endPosition - position);
    const copied = speech.copyTo(position, this.#samples, 0, wanted);
    if (copied < wanted) return false;
    this.#samples.fill(0, copied);
    this.#encoder.encode(this.#samples, 0, this.frameSpan, this.#packet, HEADER_BYTES);
    return true;
  }

  #writeHeader(segment: Segment, sequence: number, flags: number): void {
    this.#header.flags = flags;
    this.#header.generation = segment.generation;
    this.#header.sequence = sequence;
    this.#header.timestamp = ((segment.sentFrames * this.frameSpan) / this.ratio) >>> 0;
    writeHeader(this.#packet, this.#header);
  }
}
