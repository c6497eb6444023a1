// What a conversation that is over has left in its object's storage: rows and blocks, and the rest in its last checkpoint.

import { BLOCK_SAMPLES, type SpeechQueueSnapshot } from '../../core/playout/speech-queue.ts';
import type { JournalSource } from '../../core/recording/caller-track.ts';
import type { JournalRow } from '../../core/recording/journal-row.ts';
import type { ConversationStore } from '../runtime/conversation-store.ts';
import { JournalStore } from '../runtime/journal-store.ts';
import type { RowMeter } from '../runtime/row-meter.ts';
import { SpeechStore } from '../runtime/speech-store.ts';
import type { SpeechBlocks } from './stored-speech.ts';

/** Read for the first time when the conversation is over; what comes later is not seen. */
export class EndedConversation implements JournalSource, SpeechBlocks {
  readonly #store: ConversationStore;
  readonly #journal: JournalStore;
  readonly #storage: DurableObjectStorage;
  readonly #meter: RowMeter;
  #isRead = false;
  #lastRow: JournalRow | null = null;
  #blocks: SpeechStore | null = null;
  #tailBlock = -1;
  #tail = new Int16Array(0);

  constructor(storage: DurableObjectStorage, store: ConversationStore, meter: RowMeter) {
    this.#storage = storage;
    this.#store = store;
    this.#meter = meter;
    this.#journal = new JournalStore(storage, meter);
  }

  row(number: number): JournalRow | null {
    this.#read();
    if (this.#lastRow?.number === number) return this.#lastRow;
    // A row beyond those that the last checkpoint knows of was written by a memory that is lost.
    if (this.#lastRow !== null && number > this.#lastRow.number) return null;
    return this.#journal.row(number);
  }

  has(block: number): boolean {
    this.#read();
    return block === this.#tailBlock || (this.#blocks?.has(block) ?? false);
  }

  read(block: number, offset: number, into: Int16Array): boolean {
    this.#read();
    if (block !== this.#tailBlock) return this.#blocks?.read(block, offset, into) ?? false;
    into.set(this.#tail.subarray(offset, offset + into.length));
    return true;
  }

  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    // Nothing is written through it.
    this.#blocks = new SpeechStore(this.#storage, this.#meter, true, () => undefined);
    this.#blocks.restore(this.#store.speechSlots);
    const { journal, downlink } = this.#store.checkpoint ?? {};
    if (journal !== undefined) {
      const { nextRow: number = 0, packets = new Uint8Array(0), lines = [] } = journal;
      this.#lastRow = { version: 1, number, packets, lines };
    }
    if (downlink?.speech !== undefined) this.#takeTail(downlink.speech);
  }

  /** Speech that was not yet a block, unless it was made one. */
  #takeTail({ endPosition = 0, body, tail }: SpeechQueueSnapshot): void {
    const block = Math.floor(endPosition / BLOCK_SAMPLES);
    if (this.#blocks?.has(block) || tail === undefined) return;
    this.#tailBlock = block;
    this.#tail = new Int16Array((body?.length ?? 0) + tail.length);
    if (body !== undefined) this.#tail.set(body);
    this.#tail.set(tail, body?.length ?? 0);
  }
}
