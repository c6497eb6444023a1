// All speech of a conversation on one line of 16 kHz positions: the newest seconds in memory, whole blocks in the spill.

import type { SpeechSpill } from '../conversation/ports.ts';

/** Samples of one spilled block: 4.096 s, 128 KiB. Each costs a row, and a checkpoint carries what is not yet a block. */
export const BLOCK_SAMPLES = 2 ** 16;

/** Blocks are read back in pages of 1.024 s, 32 KiB. */
const PAGE_SAMPLES = 2 ** 14;

/** Pages kept in memory beside the block being filled: 4.1 s, 128 KiB; a power of two. */
const CACHED_PAGES = 4;

/** A slot that holds no page. */
const EMPTY = -1;

export interface SpeechQueueSnapshot {
  readonly endPosition?: number | undefined;
  readonly lowestBlock?: number | undefined;
  /** The last samples, from a whole page on. */
  readonly tail?: Int16Array | undefined;
  /** What lies before them in the block being filled; where it is missing, those pages are in the spill. */
  readonly body?: Int16Array | undefined;
  readonly storedPosition?: number | undefined;
}

/**
 * Positions count samples since the conversation began. A block goes to the spill as soon as it is full, before any
 * of it is needed from there, and what is not yet a block is part of the snapshot. 256 KiB, whatever is queued.
 */
export class SpeechQueue {
  readonly #spill: SpeechSpill;
  readonly #tail = new Int16Array(BLOCK_SAMPLES);
  readonly #slots: readonly Int16Array[];
  /** Number of the page in each slot; page p can only be in slot p mod CACHED_PAGES. */
  readonly #cached = new Int32Array(CACHED_PAGES).fill(EMPTY);
  #endPosition = 0;
  #storedPosition = 0;
  #lowestBlock = 0;
  #droppedBlock = 0;

  constructor(spill: SpeechSpill) {
    this.#spill = spill;
    this.#slots = Array.from({ length: CACHED_PAGES }, () => new Int16Array(PAGE_SAMPLES));
  }

  /** Position after the newest sample. */
  get endPosition(): number {
    return this.#endPosition;
  }

  /** Speech before this position outlives the memory. */
  get storedPosition(): number {
    return this.#storedPosition;
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
    const tailPosition = this.#tailPosition;
    let copied = 0;
    while (copied < wanted) {
      const at = position + copied;
      const isInTail = at >= tailPosition;
      const source = isInTail ? this.#tail : this.#page(Math.floor(at / PAGE_SAMPLES));
      if (source === null) break;
      const start = isInTail ? at - tailPosition : at % PAGE_SAMPLES;
      const count = Math.min(wanted - copied, source.length - start);
      for (let index = 0; index < count; index++)
        into[offset + copied + index] = source[start + index]!;
      copied += count;
    }
    return copied;
  }

  /** Nothing before this position is needed any more. */
  dropBelow(position: number): void {
    this.#lowestBlock = Math.max(this.#lowestBlock, Math.floor(position / BLOCK_SAMPLES));
  }

  /** The state was stored: what it no longer needs can go now, and not before. */
  stored(): void {
    this.#storedPosition = this.#endPosition;
    if (this.#droppedBlock >= this.#lowestBlock) return;
    this.#droppedBlock = this.#lowestBlock;
    this.#spill.dropBelow(this.#lowestBlock);
  }

  snapshot(): SpeechQueueSnapshot {
    const filled = this.#endPosition - this.#tailPosition;
    const body = filled - (filled % PAGE_SAMPLES);
    return {
      endPosition: this.#endPosition,
      lowestBlock: this.#lowestBlock,
      tail: this.#tail.slice(body, filled),
      body: this.#tail.slice(0, body),
      storedPosition: this.#storedPosition,
    };
  }

  restore(snapshot: SpeechQueueSnapshot): void {
    const { endPosition = 0, lowestBlock = 0, tail, body, storedPosition = 0 } = snapshot;
    this.#endPosition = endPosition;
    this.#storedPosition = storedPosition;
    this.#lowestBlock = lowestBlock;
    this.#droppedBlock = lowestBlock;
    this.#cached.fill(EMPTY);
    const filled = endPosition - this.#tailPosition;
    const bodySamples = filled - (filled % PAGE_SAMPLES);
    if (tail !== undefined) this.#tail.set(tail, bodySamples);
    if (body !== undefined) {
      this.#tail.set(body);
      return;
    }
    for (let offset = 0; offset < bodySamples; offset += PAGE_SAMPLES) {
      const page = this.#tail.subarray(offset, offset + PAGE_SAMPLES);
      this.#spill.read(this.#tailBlock, offset, page);
    }
  }

  get #tailBlock(): number {
    return Math.floor(this.#endPosition / BLOCK_SAMPLES);
  }

  get #tailPosition(): number {
    return this.#tailBlock * BLOCK_SAMPLES;
  }

  #spillTail(): void {
    const block = this.#tailBlock - 1;
    this.#spill.write(block, this.#tail);
    for (let offset = 0; offset < BLOCK_SAMPLES; offset += PAGE_SAMPLES) {
      const page = (block * BLOCK_SAMPLES + offset) / PAGE_SAMPLES;
      const slot = page % CACHED_PAGES;
      this.#slots[slot]!.set(this.#tail.subarray(offset, offset + PAGE_SAMPLES));
      this.#cached[slot] = page;
    }
  }

  #page(page: number): Int16Array | null {
    const slot = page % CACHED_PAGES;
    const samples = this.#slots[slot]!;
    if (this.#cached[slot] === page) return samples;
    const position = page * PAGE_SAMPLES;
    const block = Math.floor(position / BLOCK_SAMPLES);
    const found = this.#spill.read(block, position % BLOCK_SAMPLES, samples);
    this.#cached[slot] = found ? page : EMPTY;
    return found ? samples : null;
  }
}
