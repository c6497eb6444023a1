// Keeps the caller's packets and the lines of the timeline until they are written as a row of the durable journal.

import {
  type JournalRow,
  type JournalStream,
  PACKET_RECORD_BYTES,
  STREAM_RECORD_BYTES,
  writePacketRecord,
  writeStreamRecord,
} from '../recording/journal-row.ts';
import { HEADER_BYTES, type PacketHeader } from '../wire/packet.ts';

/**
 * Bytes of packets kept: 5.1 s of PCM16 in frames of 10 ms, the largest per second, which is longer than the time to a
 * flush. A row is made when it is full; until then every checkpoint carries what there is. A resend at ten times
 * real time fills it twice a second, and makes as many rows.
 */
const CAPACITY_BYTES = 168 * 1024;

/** Characters of timeline lines kept; while rows cannot be written, the oldest lines beyond that go. */
const LINES_MAX_CHARACTERS = 32_768;

/** State of a journal: what is in no row yet. */
export interface JournalSnapshot {
  readonly nextRow?: number | undefined;
  readonly packets?: Uint8Array | undefined;
  readonly stream?: JournalStream | null | undefined;
  readonly lines?: readonly string[] | undefined;
}

/** 168 KiB for packets, allocated at birth. Appending allocates nothing. */
export class Journal {
  readonly #bytes: Uint8Array;
  readonly #makeRoom: () => void;
  #length = 0;
  /** Stream whose record was written last into this row. */
  #stream: JournalStream | null = null;
  #lines: string[] = [];
  #lineCharacters = 0;
  #nextRow = 0;
  #refusedPackets = 0;

  /** One that is not kept takes everything and remembers nothing. `makeRoom` is called when it is full: to write a row. */
  constructor(isKept: boolean, makeRoom: () => void) {
    this.#bytes = new Uint8Array(isKept ? CAPACITY_BYTES : 0);
    this.#makeRoom = makeRoom;
  }

  /** Lines that come until the next flush may find no room any more; packets make room for themselves. */
  get isRowDue(): boolean {
    return 2 * this.#lineCharacters >= LINES_MAX_CHARACTERS;
  }

  /** Packets that found no room, because no row could be written. */
  get refusedPackets(): number {
    return this.#refusedPackets;
  }

  /** Takes a packet of one frame, whose payload is copied. False when there is no room. */
  append(
    stream: JournalStream,
    header: PacketHeader,
    bytes: Uint8Array,
    offset: number,
    payloadBytes: number,
  ): boolean {
    if (!this.#isKept) return true;
    const needed = STREAM_RECORD_BYTES + PACKET_RECORD_BYTES + HEADER_BYTES + payloadBytes;
    if (this.#length + needed > this.#bytes.length) this.#makeRoom();
    if (this.#length + needed > this.#bytes.length) {
      this.#refusedPackets++;
      return false;
    }
    if (this.#stream !== stream) {
      this.#length = writeStreamRecord(this.#bytes, this.#length, stream);
      this.#stream = stream;
    }
    this.#length = writePacketRecord(
      this.#bytes,
      this.#length,
      header,
      bytes,
      offset,
      payloadBytes,
    );
    return true;
  }

  /** Takes a line of the timeline. */
  note(line: string): void {
    if (!this.#isKept) return;
    this.#lines.push(line);
    this.#lineCharacters += line.length;
    while (this.#lineCharacters > LINES_MAX_CHARACTERS) {
      this.#lineCharacters -= this.#lines.shift()!.length;
    }
  }

  /** Gives everything out as the next row, and begins anew. */
  takeRow(): JournalRow {
    const row: JournalRow = {
      version: 1,
      number: this.#nextRow++,
      packets: this.#bytes.slice(0, this.#length),
      lines: this.#lines,
    };
    this.#length = 0;
    this.#stream = null;
    this.#lines = [];
    this.#lineCharacters = 0;
    return row;
  }

  /** The row just taken could not be written. */
  putBack(row: JournalRow): void {
    this.#nextRow = row.number;
    this.#bytes.set(row.packets);
    this.#length = row.packets.length;
    // Its last stream is not known here; another record of the same one says nothing new.
    this.#stream = null;
    for (const line of row.lines) this.note(line);
  }

  snapshot(): JournalSnapshot {
    return {
      nextRow: this.#nextRow,
      packets: this.#bytes.slice(0, this.#length),
      stream: this.#stream,
      lines: [...this.#lines],
    };
  }

  restore(snapshot: JournalSnapshot): void {
    const { nextRow = 0, packets, stream = null, lines = [] } = snapshot;
    this.#nextRow = nextRow;
    this.#stream = stream;
    this.#lines = [...lines];
    this.#lineCharacters = lines.reduce((sum, line) => sum + line.length, 0);
    this.#length = packets?.length ?? 0;
    if (packets !== undefined) this.#bytes.set(packets);
  }

  get #isKept(): boolean {
    return this.#bytes.length > 0;
  }
}
