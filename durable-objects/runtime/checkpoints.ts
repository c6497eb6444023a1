// Writes the checkpoints of a conversation, and says when they are on disk.

import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import {
  type CheckpointPort,
  type CheckpointRequest,
  StorageRefusal,
} from '../../core/conversation/ports.ts';
import type { JournalRow } from '../../core/recording/journal-row.ts';
import type { ConversationStore } from './conversation-store.ts';
import type { JournalStore } from './journal-store.ts';
import { logFault } from './log.ts';
import { RowSizeError } from './row-size.ts';
import type { SpeechStore } from './speech-store.ts';

/** What the runtime says when an object's storage takes nothing more. */
const FULL_PHRASES = ['SQLITE_FULL', 'disk is full', 'allowed storage'] as const;

export interface CheckpointPorts {
  readonly store: ConversationStore;
  readonly journal: JournalStore;
  readonly speech: SpeechStore;
  /** The state to be written. */
  readonly snapshot: () => ConversationSnapshot;
  /** Resolves when everything written so far is on disk. */
  readonly sync: () => Promise<void>;
  /** A checkpoint is on disk, and all before it. */
  readonly confirmed: (ticket: number) => void;
  /** What was taken for written is not: the memory is ahead of the disk. */
  readonly failed: (fault: unknown) => void;
  /** Sees to a promise that nobody waits for. */
  readonly background: (name: string, work: Promise<void>) => void;
}

/**
 * Everything of a checkpoint is written in one event, so that it reaches the disk together or not at all. One that is
 * awaited closes the runtime's output gate: nothing that is sent after it leaves before it is on disk.
 */
export class Checkpoints implements CheckpointPort {
  readonly #ports: CheckpointPorts;
  /** A write that nobody awaits tells too late that it was refused; until the storage takes one again, all are awaited. */
  #isDoubtful = false;

  constructor(ports: CheckpointPorts) {
    this.#ports = ports;
  }

  checkpoint({ row, isAwaited, ticket }: CheckpointRequest): void {
    const { store, journal, speech, snapshot, sync, confirmed, failed, background } = this.#ports;
    const writes: Promise<void>[] = [];
    try {
      speech.writeRefused();
      const isSafe = isAwaited || this.#isDoubtful;
      writes.push(store.writeCheckpoint(snapshot(), { isAwaited: isSafe, speech: speech.slots }));
      if (row !== null) writes.push(journal.write(row, isSafe));
    } catch (fault) {
      throw this.#refusalOf(fault);
    }
    this.#isDoubtful = false;
    writes.push(sync());
    background(
      'checkpoint',
      Promise.all(writes).then(() => confirmed(ticket), failed),
    );
  }

  append(row: JournalRow): void {
    const { journal, failed, background } = this.#ports;
    try {
      background('journal', journal.write(row, this.#isDoubtful).catch(failed));
    } catch (fault) {
      throw this.#refusalOf(fault);
    }
  }

  /** The storage is full, or what was to be stored is too large for it; anything else is a fault. */
  #refusalOf(fault: unknown): unknown {
    const isLasting = fault instanceof RowSizeError;
    const isFull =
      fault instanceof Error && FULL_PHRASES.some((phrase) => fault.message.includes(phrase));
    if (!isLasting && !isFull) return fault;
    if (!this.#isDoubtful) logFault('not-stored', fault);
    this.#isDoubtful = true;
    return new StorageRefusal('The storage of the conversation takes nothing more.', isLasting);
  }
}
