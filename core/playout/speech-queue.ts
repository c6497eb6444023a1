// All speech of a conversation on one line of 16 kHz positions: the newest seconds in memory, whole blocks in the spill.

import type { SpeechSpill } from '../conversation/ports.ts';

/** Samples of one spilled block: 1.024 s, 32 KiB. */
export const BLOCK_SAMPLES = 2 ** 14;

/** Blocks kept in memory beside the one being filled: 8.2 s, 256 KiB; a power of two. */
const CACHED_BLOCKS = 8;

/** A slot that holds no block. */
const EMPTY = -1;

export interface SpeechQueueSnapshot {
  readonly endPosition?: number | undefined;
  readonly lowestBlock?: number | undefined;
  /** Samples of the block being filled; all blocks before it are in the spill. */
  readonly tail?: Int16Array | undefined;
}

/**
 * Positions count samples since the conversation began. A block goes to the spill as soon as it is full, before any
 * of it is needed from there, so that what was accepted outlives this memory. 288 KiB, whatever is queued.
 */
export class SpeechQueue {
  readonly #spill: SpeechSpill;
  readonly #tail = new Int16Array(BLOCK_SAMPLES);
  readonly #slots: readonly Int16Array[];
  /** Number of the block in each slot; block b can only be in slot b mod CACHED_BLOCKS. */
  readonly #cached = new Int32Array(CACHED_BLOCKS).fill(EMPTY);
  #endPosition = 0;
  #lowestBlock = 0;

  constructor(spill: SpeechSpill) {
    this.#spill = spill;
    this.#slots = Array.from({ length: CACHED_BLOCKS }, () => new Int16Array(BLOCK_SAMPLES));
  }

  /** Position after the newest sample. */
  get endPosition(): number {
    return this.#endPosition;
  }

  append(samples: Int16Array): void {
    for (let taken = 0; taken < samples.length; ) {
      const filled = this.#endPosition % BLOCK_SAMPLES;
      const length = Math.min(samples.length - taken, BLOCK_SAMPLES - filled);
      for (let index = 0; index < length; index++)
        this.#tail[filled + index] = samples[taken + index]!;
      taken += length;
      this.#endPosition += length;
      if (filled + length === BLOCK_SAMPLES) this.#spillTail();
    }
  }

  /**
   * Copies samples from `position` on and returns how many there were: fewer than `length` at the end of the line,
   * or where the spill has lost a block.
   */
  copyTo(position: number, into: Int16Array, offset: number, length: number): number {
    const wanted = Math.min(length, this.#endPosition - position);
    let copied = 0;
    while (copied < wanted) {
      const at = position + copied;
      const source = this.#block(Math.floor(at / BLOCK_SAMPLES));
      if (source === null) break;
      const start = at % BLOCK_SAMPLES;
      const count = Math.min(wanted - copied, BLOCK_SAMPLES - start);
      for (let index = 0; index < count; index++)
        into[offset + copied + index] = source[start + index]!;
      copied += count;
    }
    return copied;
  }

  /** Nothing before this position is needed any more. */
  dropBelow(position: number): void {
    const block = Math.floor(position / BLOCK_SAMPLES);
    if (block <= this.#lowestBlock) return;
    this.#lowestBlock = block;
    this.#spill.dropBelow(block);
  }

  snapshot(): SpeechQueueSnapshot {
    return {
      endPosition: this.#endPosition,
      lowestBlock: this.#lowestBlock,
      tail: this.#tail.slice(0, this.#endPosition % BLOCK_SAMPLES),
    };
  }

  restore({ endPosition = 0, lowestBlock = 0, tail }: SpeechQueueSnapshot): void {
    this.#endPosition = endPosition;
    this.#lowestBlock = lowestBlock;
    this.#cached.fill(EMPTY);
    if (tail !== undefined) this.#tail.set(tail);
  }

  #spillTail(): void {
    const block = this.#endPosition / BLOCK_SAMPLES - 1;
    this.#spill.write(block, this.#tail);
    const slot = block % CACHED_BLOCKS;
    this.#slots[slot]!.set(this.#tail);
    this.#cached[slot] = block;
  }

  #block(block: number): Int16Array | null {
    if (block === Math.floor(this.#endPosition / BLOCK_SAMPLES)) return this.#tail;
    const slot = block % CACHED_BLOCKS;
    const samples = this.#slots[slot]!;
    if (this.#cached[slot] === block) return samples;
    const found = this.#spill.read(block, samples);
    this.#cached[slot] = found ? block : EMPTY;
    return found ? samples : null;
  }
}
