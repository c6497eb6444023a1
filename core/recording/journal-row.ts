// One row of the durable journal: the caller's packets as they came, and the lines of the timeline beside them.
//
// `packets` is a run of records, little-endian, without padding. A row can be read without any other: packets follow the
// record of their stream.
//
// | record | bytes                                                                                                    |
// |--------|----------------------------------------------------------------------------------------------------------|
// | stream | 1, codec (its index in CODECS), frameMs, 1 when reliable, rateHz u32, id u32, origin timestamp u32, base position f64 |
// | packet | 2, 0, length u16, packet: 12 bytes of header, and one frame as on the wire                                  |

import type { AudioFormat } from '../wire/messages.ts';
import { HEADER_BYTES, PacketHeader, readHeader, writeHeader } from '../wire/packet.ts';

/** A row as it is stored: structured-cloneable; its packets have at most JOURNAL_ROW_MAX_BYTES. */
export interface JournalRow {
  readonly version: 1;
  /** Rows are numbered from 0 without holes, in the order in which they were written. */
  readonly number: number;
  readonly packets: Uint8Array;
  /** Lines of the timeline, each one JSON object, in order. */
  readonly lines: readonly string[];
}

export const JOURNAL_ROW_MAX_BYTES = 512 * 1024;

/** A capture stream, and its place on the conversation's line of 16 kHz positions. */
export interface JournalStream {
  /** Random number of the capture session. */
  readonly id: number;
  readonly format: AudioFormat;
  /** Packets are in order, and what is missing was declared so; else they may be out of order. */
  readonly reliable: boolean;
  /** Conversation position (16 kHz) of the sample with the origin timestamp. */
  readonly basePosition: number;
  /** Wire timestamp of the stream's first sample. */
  readonly originTimestamp: number;
}

export const STREAM_RECORD_BYTES = 24;
/** What a packet takes beside its own bytes. */
export const PACKET_RECORD_BYTES = 4;

const STREAM_RECORD = 1;
const PACKET_RECORD = 2;

const CODECS: readonly AudioFormat['codec'][] = ['pcm16', 'mulaw', 'opus'];

/** Writes the record of a stream at `offset` and returns the offset after it; there must be room. */
export function writeStreamRecord(
  bytes: Uint8Array,
  offset: number,
  stream: JournalStream,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, STREAM_RECORD_BYTES);
  view.setUint8(0, STREAM_RECORD);
  view.setUint8(1, CODECS.indexOf(stream.format.codec));
  view.setUint8(2, stream.format.frameMs);
  view.setUint8(3, stream.reliable ? 1 : 0);
  view.setUint32(4, stream.format.rateHz, true);
  view.setUint32(8, stream.id, true);
  view.setUint32(12, stream.originTimestamp, true);
  view.setFloat64(16, stream.basePosition, true);
  return offset + STREAM_RECORD_BYTES;
}

/**
 * Writes one frame as a packet with this header at `offset`, its payload copied from `source`, and returns the offset after it.
 * Takes PACKET_RECORD_BYTES + HEADER_BYTES + `payloadBytes`; there must be room.
 */
export function writePacketRecord(
  bytes: Uint8Array,
  offset: number,
  header: PacketHeader,
  source: Uint8Array,
  sourceOffset: number,
  payloadBytes: number,
): number {
  const packetBytes = HEADER_BYTES + payloadBytes;
  bytes[offset] = PACKET_RECORD;
  bytes[offset + 1] = 0;
  bytes[offset + 2] = packetBytes;
  bytes[offset + 3] = packetBytes >>> 8;
  const packet = offset + PACKET_RECORD_BYTES;
  writeHeader(bytes, header, packet);
  const payload = packet + HEADER_BYTES;
  for (let index = 0; index < payloadBytes; index++) {
    bytes[payload + index] = source[sourceOffset + index]!;
  }
  return payload + payloadBytes;
}

/** Thrown for bytes that no journal has written. */
export class JournalFormatError extends Error {
  override readonly name = 'JournalFormatError';
}

/** Reads the packets of a row one by one, in the order in which they came. */
export class JournalReader {
  /** Header of the packet read last; its sequence number and timestamp wrap. */
  readonly header = new PacketHeader();
  readonly #packets: Uint8Array;
  #offset = 0;
  #stream: JournalStream | null = null;
  #payload: Uint8Array;

  constructor(row: Pick<JournalRow, 'packets'>) {
    this.#packets = row.packets;
    this.#payload = row.packets.subarray(0, 0);
  }

  /** Stream of the packet read last. */
  get stream(): JournalStream {
    if (this.#stream === null) throw new JournalFormatError('A journal begins with a stream.');
    return this.#stream;
  }

  /** Payload of the packet read last: one frame. A view of the row's own bytes. */
  get payload(): Uint8Array {
    return this.#payload;
  }

  /** Goes to the next packet; false at the end. Throws JournalFormatError. */
  next(): boolean {
    while (this.#offset < this.#packets.length) {
      const kind = this.#packets[this.#offset];
      if (kind === PACKET_RECORD) return this.#readPacket();
      if (kind !== STREAM_RECORD) throw new JournalFormatError(`No record begins with ${kind}.`);
      this.#readStream();
    }
    return false;
  }

  #readStream(): void {
    const bytes = this.#take(STREAM_RECORD_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const codec = CODECS[view.getUint8(1)];
    if (codec === undefined) throw new JournalFormatError('The codec of a stream is unknown.');
    const format = { codec, rateHz: view.getUint32(4, true), frameMs: view.getUint8(2) };
    this.#stream = {
      id: view.getUint32(8, true),
      format: format as AudioFormat,
      reliable: view.getUint8(3) === 1,
      originTimestamp: view.getUint32(12, true),
      basePosition: view.getFloat64(16, true),
    };
  }

  #readPacket(): boolean {
    const record = this.#take(PACKET_RECORD_BYTES);
    const packet = this.#take(record[2]! | (record[3]! << 8));
    if (readHeader(packet, this.header) !== 'ok') {
      throw new JournalFormatError('A packet has no valid header.');
    }
    this.#payload = packet.subarray(HEADER_BYTES);
    return true;
  }

  #take(count: number): Uint8Array {
    const bytes = this.#packets.subarray(this.#offset, this.#offset + count);
    if (bytes.length < count) throw new JournalFormatError('A journal row is cut off.');
    this.#offset += count;
    return bytes;
  }
}
