// One capture stream of a caller: its frames in order, as 16 kHz samples, and its place in the conversation's time.

import {
  type InsertOutcome,
  JitterBuffer,
  type JitterBufferSnapshot,
  PulledItem,
} from '../jitter/jitter-buffer.ts';
import { ReorderWait, type ReorderWaitSnapshot } from '../jitter/reorder-wait.ts';
import {
  ENGINE_RATE_HZ,
  frameBytes,
  frameSamples,
  type PayloadCodecSnapshot,
  PayloadDecoder,
} from '../media/payload-codec.ts';
import { sequenceDelta, unwrapTimestamp, wrapTimestamp } from '../media/serial.ts';
import type { JournalStream } from '../recording/journal-row.ts';
import { unreachable } from '../unreachable.ts';
import type { AudioFormat } from '../wire/messages.ts';
import { countFrames, FLAG_DISCONTINUITY, HEADER_BYTES, PacketHeader } from '../wire/packet.ts';
import { ContiguousCursor, type CursorSnapshot } from './contiguous-cursor.ts';
import type { Journal } from './journal.ts';

/** Slots of the jitter buffer: twice the largest bundle. */
const SLOT_FRAMES = 64;

/** What a stream is and where it lies. */
export interface StreamIdentity {
  /** Random number of the capture session. */
  readonly id: number;
  readonly format: AudioFormat;
  /** Packets come in order and are sent again when lost. */
  readonly reliable: boolean;
  /** Conversation position (16 kHz) of the stream's first sample. */
  readonly basePosition: number;
}

/** State of a stream. */
export interface UplinkStreamSnapshot {
  readonly identity: StreamIdentity;
  readonly originTimestamp?: number | null | undefined;
  readonly jitter?: JitterBufferSnapshot | undefined;
  /** Null on a reliable wire. */
  readonly reorder?: ReorderWaitSnapshot | null | undefined;
  readonly decoder?: PayloadCodecSnapshot | undefined;
  readonly taken?: CursorSnapshot | undefined;
}

/** Counters over all streams of a conversation; the names are those of the statistics. */
export interface PacketCounters {
  packetsReceived: number;
  packetsDiscarded: number;
  overruns: number;
  packetsDuplicated: number;
}

/** Outcome of one packet. */
export type PacketOutcome =
  | 'taken'
  | 'wrong-length'
  | 'overlap'
  /** A reliable wire left out more than the buffer can wait for, and did not say that it never comes. */
  | 'left-out';

/** Insert a packet, then `pull` until false; what was pulled lies in `item`, and its audio in the decoder's reach. */
export class UplinkStream {
  readonly identity: StreamIdentity;
  readonly decoder: PayloadDecoder;
  readonly #jitter: JitterBuffer;
  /** Null on a reliable wire, which waits for ever. */
  readonly #reorder: ReorderWait | null;
  readonly #counters: PacketCounters;
  readonly #journal: Journal;
  /** What the journal has, or would have. */
  readonly #taken: ContiguousCursor;
  readonly #item = new PulledItem();
  readonly #frame = new PacketHeader();
  readonly #frameBytes: number;
  readonly #frameSamples: number;
  /** Wire timestamp of the stream's first sample; null before the first packet. */
  #originTimestamp: number | null = null;
  #journalStream: JournalStream | null = null;

  constructor(
    identity: StreamIdentity,
    reorderWaitMs: number,
    counters: PacketCounters,
    journal: Journal,
  ) {
    const { format, reliable } = identity;
    this.identity = identity;
    this.#counters = counters;
    this.#journal = journal;
    this.#taken = new ContiguousCursor(reliable);
    this.#frameBytes = frameBytes(format);
    this.#frameSamples = frameSamples(format);
    this.decoder = new PayloadDecoder(format);
    const reorder = reliable ? null : new ReorderWait(reorderWaitMs);
    this.#reorder = reorder;
    this.#jitter = new JitterBuffer({
      reliable,
      frameSamples: this.#frameSamples,
      frameBytes: this.#frameBytes,
      capacityFrames: SLOT_FRAMES,
      get reorderWaitMs() {
        return reorder?.waitMs ?? reorderWaitMs;
      },
    });
  }

  static restored(
    snapshot: UplinkStreamSnapshot,
    reorderWaitMs: number,
    counters: PacketCounters,
    journal: Journal,
  ): UplinkStream {
    const stream = new UplinkStream(snapshot.identity, reorderWaitMs, counters, journal);
    if (snapshot.originTimestamp != null) stream.#begin(snapshot.originTimestamp);
    if (snapshot.reorder) stream.#reorder?.restore(snapshot.reorder);
    if (snapshot.jitter !== undefined) stream.#jitter.restore(snapshot.jitter);
    stream.#taken.restore(snapshot.taken ?? { next: stream.nextSequence });
    if (snapshot.decoder !== undefined) stream.decoder.restore(snapshot.decoder);
    return stream;
  }

  /** The next sequence number wanted, null before the first packet. */
  get nextSequence(): number | null {
    return this.#jitter.nextSequence;
  }

  /** How far the next checkpoint covers the stream; null before the first packet. */
  get mark(): { readonly stream: number; readonly next: number } | null {
    const { next } = this.#taken;
    return next === null ? null : { stream: this.identity.id, next };
  }

  /** The journal lacks what has been heard already, and will not get it without a resend. */
  get lacksHeard(): boolean {
    const heard = this.nextSequence;
    const taken = this.#taken.next;
    return (
      this.identity.reliable && heard !== null && taken !== null && sequenceDelta(heard, taken) > 0
    );
  }

  get nextDeadlineMs(): number {
    return this.#jitter.nextDeadlineMs;
  }

  /** Duration of audio that waits for a missing packet. */
  get backlogMs(): number {
    return this.#jitter.backlogFrames * this.identity.format.frameMs;
  }

  /** Whether a capture session with this format is this one. */
  is(id: number, format: AudioFormat): boolean {
    const { codec, rateHz, frameMs } = this.identity.format;
    return (
      id === this.identity.id &&
      codec === format.codec &&
      rateHz === format.rateHz &&
      frameMs === format.frameMs
    );
  }

  /** Takes the frames of one packet; the payload is copied. */
  insert(header: PacketHeader, bytes: Uint8Array, nowMs: number): PacketOutcome {
    const frames = countFrames(header.flags, bytes.length - HEADER_BYTES, this.#frameBytes);
    if (frames < 1) return 'wrong-length';
    if (this.#originTimestamp === null) this.#begin(header.timestamp);
    const discontinuity = (header.flags & FLAG_DISCONTINUITY) !== 0;
    for (let frame = 0; frame < frames; frame++) {
      const sequence = (header.sequence + frame) >>> 0;
      this.#reorder?.arrived(sequence, nowMs);
      const outcome = this.#jitter.insert(
        sequence,
        (header.timestamp + frame * this.#frameSamples) >>> 0,
        discontinuity && frame === 0,
        bytes,
        HEADER_BYTES + frame * this.#frameBytes,
        this.#frameBytes,
        nowMs,
      );
      if (outcome === 'overlap' && this.identity.reliable) return 'overlap';
      this.#count(outcome);
      // Who cannot send again what is wrong about it cannot do better either.
      if (outcome === 'overlap') continue;
      if (outcome !== 'overrun') this.#record(header, frame, bytes);
      else if (this.identity.reliable) return 'left-out';
    }
    return 'taken';
  }

  /** The next item that is due, or null; its positions are the wire's. Valid until the next call. */
  pull(nowMs: number): PulledItem | null {
    return this.#jitter.pull(this.#item, nowMs) ? this.#item : null;
  }

  /** The conversation position (16 kHz) of a position on the wire's line. */
  positionOf(wirePosition: number): number {
    return this.identity.basePosition + wirePosition * this.decoder.ratio;
  }

  /** The conversation position (16 kHz) of a wire timestamp, not before the stream began. */
  sampleAt(timestamp: number): number {
    if (this.#originTimestamp === null) return this.identity.basePosition;
    return this.positionOf(Math.max(0, unwrapTimestamp(timestamp, this.#originTimestamp, 0)));
  }

  /** The wire timestamp of a conversation position, rounded down. */
  timestampAt(sample: number): number {
    const wirePosition = Math.floor((sample - this.identity.basePosition) / this.decoder.ratio);
    return wrapTimestamp(wirePosition, this.#originTimestamp ?? 0);
  }

  snapshot(): UplinkStreamSnapshot {
    return {
      identity: this.identity,
      originTimestamp: this.#originTimestamp,
      jitter: this.#jitter.snapshot(),
      reorder: this.#reorder?.snapshot() ?? null,
      decoder: this.decoder.snapshot(),
      taken: this.#taken.snapshot(),
    };
  }

  #begin(originTimestamp: number): void {
    this.#originTimestamp = originTimestamp;
    this.#journalStream = { ...this.identity, originTimestamp };
  }

  /** Gives one frame of a packet to the journal, unless that has it. Whether it is still to be heard makes no difference. */
  #record(packet: PacketHeader, index: number, bytes: Uint8Array): void {
    const sequence = (packet.sequence + index) >>> 0;
    const isDiscontinuous = index === 0 && (packet.flags & FLAG_DISCONTINUITY) !== 0;
    if (!this.#taken.wants(sequence, isDiscontinuous)) return;
    const frame = this.#frame;
    frame.flags = isDiscontinuous ? FLAG_DISCONTINUITY : 0;
    frame.sequence = sequence;
    frame.timestamp = (packet.timestamp + index * this.#frameSamples) >>> 0;
    const offset = HEADER_BYTES + index * this.#frameBytes;
    const stream = this.#journalStream!;
    if (!this.#journal.append(stream, frame, bytes, offset, this.#frameBytes)) return;
    this.#taken.take(sequence, isDiscontinuous);
  }

  #count(outcome: InsertOutcome): void {
    switch (outcome) {
      case 'accepted':
        this.#counters.packetsReceived++;
        break;
      case 'duplicate':
        this.#counters.packetsDuplicated++;
        break;
      case 'late':
      case 'overlap':
        this.#counters.packetsDiscarded++;
        break;
      case 'overrun':
        this.#counters.packetsDiscarded++;
        this.#counters.overruns++;
        break;
      default:
        unreachable(outcome);
    }
  }
}

/** Longest frame of any format as 16 kHz samples (60 ms). */
export const LONGEST_FRAME_SAMPLES = (60 * ENGINE_RATE_HZ) / 1000;
