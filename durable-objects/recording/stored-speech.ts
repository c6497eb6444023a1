// The agent's speech as a recording reads it: out of the blocks in the object's storage.

import { BLOCK_SAMPLES } from '../../core/playout/speech-queue.ts';
import type { SpeechSource } from '../../core/recording/speech-source.ts';

/** Blocks of BLOCK_SAMPLES samples, by their number since the conversation began; the last may be shorter. */
export interface SpeechBlocks {
  has(block: number): boolean;
  /** Fills `into` with the block's samples from `offset` on and returns true, or returns false when it is not there. */
  read(block: number, offset: number, into: Int16Array): boolean;
}

/** Reads ahead, because runs are read a second at a time. 8 KiB. */
const PAGE_SAMPLES = 4096;

export class StoredSpeech implements SpeechSource {
  readonly #blocks: SpeechBlocks;
  readonly #page = new Int16Array(PAGE_SAMPLES);
  #pageNumber = -1;

  constructor(blocks: SpeechBlocks) {
    this.#blocks = blocks;
  }

  copyTo(position: number, into: Int16Array, offset: number, length: number): number {
    let copied = 0;
    while (copied < length) {
      const at = position + copied;
      if (!this.#turnTo(Math.floor(at / PAGE_SAMPLES))) break;
      const start = at % PAGE_SAMPLES;
      const count = Math.min(length - copied, PAGE_SAMPLES - start);
      into.set(this.#page.subarray(start, start + count), offset + copied);
      copied += count;
    }
    return copied;
  }

  lostTo(position: number, limit: number): number {
    let lostTo = position;
    while (lostTo < limit) {
      const block = Math.floor(lostTo / BLOCK_SAMPLES);
      if (this.#blocks.has(block)) break;
      lostTo = (block + 1) * BLOCK_SAMPLES;
    }
    return Math.min(limit, lostTo);
  }

  #turnTo(page: number): boolean {
    if (page === this.#pageNumber) return true;
    const position = page * PAGE_SAMPLES;
    this.#page.fill(0);
    const isThere = this.#blocks.read(
      Math.floor(position / BLOCK_SAMPLES),
      position % BLOCK_SAMPLES,
      this.#page,
    );
    this.#pageNumber = isThere ? page : -1;
    return isThere;
  }
}
