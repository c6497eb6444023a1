// Sends the packets of a resend ring in order: each at once while the server has all before it, else in bundles.

import { sequenceDelta } from '../../core/media/serial.ts';
import { MESSAGE_MAX_BYTES } from '../../core/wire/limits.ts';
import {
  FLAG_BUNDLE,
  FLAG_DISCONTINUITY,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
  writeHeader,
} from '../../core/wire/packet.ts';
import { TokenBucket } from '../../core/wire/token-bucket.ts';
import type { ResendRing } from './resend-ring.ts';
import type { Transport } from './transport.ts';

/** Bundles go at most this many times as fast as their audio was spoken. */
const CATCH_UP_SPEED = 10;

/** Longest bundle: what a control message may have to wait behind, 6.4 KB or 0.1 s at 512 kbit/s. */
const BUNDLE_MAX_MS = 200;

/** What a welcome allows. */
export interface ResendAllowance {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  /** Frames in one bundle. */
  readonly bundleFrames: number;
  /** Bytes in one message. */
  readonly messageBytes: number;
}

/** One frame of the format agreed. */
export interface FrameShape {
  readonly bytes: number;
  readonly samples: number;
  readonly ms: number;
}

/**
 * The server takes audio in order, so a frame that has just been captured goes behind those that are owed: it could not
 * be heard before them, and a server need not keep room for it. Being ten times as fast, the sender catches up.
 */
export class PacketSender {
  readonly #ring: ResendRing;
  readonly #frame: FrameShape;
  readonly #bundle: Uint8Array;
  readonly #header = new PacketHeader();
  readonly #nextHeader = new PacketHeader();
  #transport: Transport | null = null;
  #bucket = new TokenBucket(0, 0, 0);
  #bundleFrames = 1;
  /** Sequence number of the next packet to send. */
  #cursor = 0;
  /** The packets before the cursor were overwritten, and the server has not been told yet. */
  #isAfterLoss = false;
  #notBeforeMs = 0;
  #packetsResent = 0;

  constructor(ring: ResendRing, frame: FrameShape) {
    this.#ring = ring;
    this.#frame = frame;
    this.#bundle = new Uint8Array(
      HEADER_BYTES + Math.floor(BUNDLE_MAX_MS / frame.ms) * frame.bytes,
    );
  }

  /** Packets sent in bundles, since construction. */
  get packetsResent(): number {
    return this.#packetsResent;
  }

  /** Whether the server has been sent everything that was captured. */
  get isCaughtUp(): boolean {
    return this.#transport !== null && this.#cursor === this.#ring.next;
  }

  /** Time at which `tick` has something to send, Infinity when there is nothing. */
  get nextDeadlineMs(): number {
    return this.#transport === null || this.isCaughtUp
      ? Number.POSITIVE_INFINITY
      : this.#notBeforeMs;
  }

  /** Sends over this connection from now on, beginning with packet `from` (or the oldest kept, if that is newer). */
  connect(transport: Transport, from: number, allowance: ResendAllowance, nowMs: number): void {
    this.#transport = transport;
    this.#bucket = new TokenBucket(allowance.bytesPerSecond, allowance.burstBytes, nowMs);
    const bytes = Math.min(
      allowance.messageBytes,
      MESSAGE_MAX_BYTES,
      allowance.burstBytes,
      this.#bundle.length,
    );
    const fitting = Math.floor((bytes - HEADER_BYTES) / this.#frame.bytes);
    this.#bundleFrames = Math.max(1, Math.min(allowance.bundleFrames, fitting));
    this.#cursor = sequenceDelta(from, this.#ring.next) > 0 ? this.#ring.next : from;
    this.#isAfterLoss = false;
    this.#notBeforeMs = nowMs;
    this.tick(nowMs);
  }

  disconnect(): void {
    this.#transport = null;
  }

  /** The ring has a new packet. Returns whether it was sent at once. */
  pushed(nowMs: number): boolean {
    const newest = (this.#ring.next - 1) >>> 0;
    if (this.#transport === null || this.#cursor !== newest) return false;
    const packet = this.#ring.packet(newest);
    if (this.#isAfterLoss) packet[1]! |= FLAG_DISCONTINUITY;
    this.#isAfterLoss = false;
    this.#cursor = this.#ring.next;
    // Charged but never refused: real time is always admitted.
    this.#bucket.take(packet.length, nowMs);
    this.#transport.send(packet);
    return true;
  }

  /** Sends at most one bundle, when one is due and the allowance admits it. */
  tick(nowMs: number): void {
    this.#skipOverwritten();
    if (this.#transport === null || nowMs < this.nextDeadlineMs) return;
    const frames = this.#countBundle();
    const bytes = HEADER_BYTES + frames * this.#frame.bytes;
    this.#notBeforeMs = nowMs + (frames * this.#frame.ms) / CATCH_UP_SPEED;
    if (!this.#bucket.take(bytes, nowMs)) return;
    this.#fillBundle(frames);
    this.#cursor = (this.#cursor + frames) >>> 0;
    this.#packetsResent += frames;
    this.#transport.send(this.#bundle.subarray(0, bytes));
  }

  #skipOverwritten(): void {
    if (sequenceDelta(this.#ring.oldest, this.#cursor) <= 0) return;
    this.#cursor = this.#ring.oldest;
    this.#isAfterLoss = true;
  }

  /** Frames from the cursor on that go into one bundle: their timestamps must follow one another. */
  #countBundle(): number {
    readHeader(this.#ring.packet(this.#cursor), this.#header);
    const most = Math.min(this.#bundleFrames, sequenceDelta(this.#ring.next, this.#cursor));
    let frames = 1;
    while (frames < most) {
      readHeader(this.#ring.packet((this.#cursor + frames) >>> 0), this.#nextHeader);
      const contiguous = (this.#header.timestamp + frames * this.#frame.samples) >>> 0;
      if (this.#nextHeader.timestamp !== contiguous) break;
      frames++;
    }
    return frames;
  }

  #fillBundle(frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      const packet = this.#ring.packet((this.#cursor + frame) >>> 0);
      this.#bundle.set(packet.subarray(HEADER_BYTES), HEADER_BYTES + frame * this.#frame.bytes);
    }
    this.#header.flags = FLAG_BUNDLE | (this.#isAfterLoss ? FLAG_DISCONTINUITY : 0);
    this.#isAfterLoss = false;
    writeHeader(this.#bundle, this.#header);
  }
}
