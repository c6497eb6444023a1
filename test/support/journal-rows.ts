// A conversation's journal for tests, written packet by packet, and speech that lies in memory.

import {
  type JournalRow,
  type JournalStream,
  PACKET_RECORD_BYTES,
  STREAM_RECORD_BYTES,
  writePacketRecord,
  writeStreamRecord,
} from '../../core/recording/journal-row.ts';
import type { SpeechSource } from '../../core/recording/speech-source.ts';
import type { TimelineLine } from '../../core/recording/timeline-line.ts';
import { HEADER_BYTES, PacketHeader } from '../../core/wire/packet.ts';

/** Samples of one of its frames. */
export const FRAME_SAMPLES = 320;

export const PCM_STREAM: JournalStream = {
  id: 7,
  format: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
  reliable: true,
  basePosition: 0,
  originTimestamp: 1000,
};

/** Rows that can be added to; also the source that a recording reads. */
export class JournalRows {
  readonly rows: JournalRow[] = [];
  #packets: Uint8Array[] = [];
  #lines: string[] = [];

  /** Packet `sequence` of a stream, with the timestamp of a frame that many frames after the origin, or with `timestamp`. */
  packet(
    stream: JournalStream,
    sequence: number,
    payload: Uint8Array,
    timestamp = stream.originTimestamp +
      (sequence * stream.format.rateHz * stream.format.frameMs) / 1000,
  ): void {
    const bytes = new Uint8Array(
      STREAM_RECORD_BYTES + PACKET_RECORD_BYTES + HEADER_BYTES + payload.length,
    );
    const header = new PacketHeader();
    header.sequence = sequence;
    header.timestamp = timestamp >>> 0;
    const offset = writeStreamRecord(bytes, 0, stream);
    writePacketRecord(bytes, offset, header, payload, 0, payload.length);
    this.#packets.push(bytes);
  }

  /** Samples of a PCM16 stream, cut into its frames from `sequence` on. */
  pcm(stream: JournalStream, sequence: number, samples: Int16Array): void {
    const frame = (stream.format.rateHz * stream.format.frameMs) / 1000;
    for (let index = 0; index * frame < samples.length; index++) {
      const part = samples.slice(index * frame, (index + 1) * frame);
      this.packet(stream, sequence + index, new Uint8Array(part.buffer));
    }
  }

  line(line: TimelineLine): void {
    this.#lines.push(JSON.stringify(line));
  }

  /** What came since the last flush becomes a row. */
  flush(): void {
    const packets = new Uint8Array(this.#packets.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const each of this.#packets) {
      packets.set(each, offset);
      offset += each.length;
    }
    this.rows.push({ version: 1, number: this.rows.length, packets, lines: this.#lines });
    this.#packets = [];
    this.#lines = [];
  }

  row(number: number): JournalRow | null {
    return this.rows[number] ?? null;
  }
}

/** Speech in memory; `lost` are stretches that the storage no longer has. */
export function speechOf(
  samples: Int16Array,
  lost: readonly (readonly [number, number])[] = [],
): SpeechSource {
  const lostAt = (position: number): readonly [number, number] | undefined =>
    lost.find(([from, to]) => position >= from && position < to);
  return {
    copyTo(position, into, offset, length) {
      let copied = 0;
      while (copied < length && position + copied < samples.length && !lostAt(position + copied)) {
        into[offset + copied] = samples[position + copied]!;
        copied++;
      }
      return copied;
    },
    lostTo(position, limit) {
      return Math.min(limit, lostAt(position)?.[1] ?? position);
    },
  };
}
