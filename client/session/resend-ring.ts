// The newest uplink packets, kept until the server has them on disk.

import { sequenceDelta } from '../../core/media/serial.ts';

export interface ResendRingOptions {
  /** Size of every packet, header included. */
  readonly packetBytes: number;
  /** Packets kept at least; rounded up to a power of two. */
  readonly packets: number;
  /** Sequence number of the first packet. */
  readonly firstSequence: number;
}

/**
 * Packets of one size with consecutive sequence numbers, in slots that exist from the start: the microphone's frames
 * are encoded right into them. Nothing is allocated after construction.
 */
export class ResendRing {
  readonly #slots: readonly Uint8Array[];
  readonly #mask: number;
  #oldest: number;
  #next: number;
  #overwritten = 0;

  constructor({ packetBytes, packets, firstSequence }: ResendRingOptions) {
    const capacity = 2 ** Math.ceil(Math.log2(packets + 1));
    const bytes = new Uint8Array(capacity * packetBytes);
    this.#slots = Array.from({ length: capacity }, (_, slot) =>
      bytes.subarray(slot * packetBytes, (slot + 1) * packetBytes),
    );
    this.#mask = capacity - 1;
    this.#oldest = firstSequence;
    this.#next = firstSequence;
  }

  /** Sequence number of the oldest packet kept; equal to `next` when there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Sequence number that the next packet gets. */
  get next(): number {
    return this.#next;
  }

  /** Packets kept. */
  get length(): number {
    return sequenceDelta(this.#next, this.#oldest);
  }

  /** Packets that were overwritten before they were acknowledged, since the ring exists. */
  get overwritten(): number {
    return this.#overwritten;
  }

  /** The packet with this sequence number, which lies in `oldest … next`; at `next` it is the one being built. */
  packet(sequence: number): Uint8Array {
    return this.#slots[sequence & this.#mask]!;
  }

  /** Keeps the packet built at `next`. When the ring is full, the oldest makes room for the one after. */
  push(): void {
    this.#next = (this.#next + 1) >>> 0;
    if (this.length <= this.#mask) return;
    this.#oldest = (this.#oldest + 1) >>> 0;
    this.#overwritten++;
  }

  /** Forgets every packet before this sequence number; what was never pushed is not forgotten ahead. */
  forget(before: number): void {
    if (sequenceDelta(before, this.#oldest) <= 0) return;
    this.#oldest = sequenceDelta(before, this.#next) > 0 ? this.#next : before;
  }
}
