// Has the conversation stored: before anyone hears of what must not happen twice, and whenever audio has waited long enough.

import { sequenceDelta } from '../media/serial.ts';
import type { JournalRow } from '../recording/journal-row.ts';
import type { ConversationConfig } from './config.ts';
import { DeferredWork } from './deferred-work.ts';
import type { Journal } from './journal.ts';
import { type CheckpointPort, StorageRefusal } from './ports.ts';

/** After a write that was refused, audio alone is not reason enough to try again before this. */
const RETRY_MS = 2000;

/** How far a capture stream goes: everything before the sequence number. */
interface StreamMark {
  readonly stream: number;
  readonly next: number;
}

/** What durability asks of the conversation that it belongs to. */
export interface DurabilityCalls {
  /** The capture stream as far as a checkpoint now would cover it; null before the first packet. */
  mark(): StreamMark | null;
  /** The state was written; what rests on it may be sent. */
  stored(): void;
  /** The state could not be written, for this reason. */
  refused(sentence: string): void;
}

/** State of durability. */
export interface DurabilitySnapshot {
  readonly unstoredSinceMs?: number | undefined;
  /** Covered by this very snapshot. */
  readonly mark?: StreamMark | null | undefined;
}

/**
 * Every checkpoint is one transaction: the snapshot, with the audio that is in no row yet, and, when that has become much,
 * a row of the journal. What it covers counts as stored when the write was confirmed.
 */
export class Durability {
  readonly #port: CheckpointPort;
  readonly #journal: Journal;
  readonly #calls: DurabilityCalls;
  readonly #deferred = new DeferredWork({ flush: () => this.#store(this.#isOwed, this.#eventMs) });
  #intervalMs: number;
  #patienceMs: number;
  #eventMs = 0;
  #isOwed = false;
  #isFinished = false;
  /** When the first audio came that no checkpoint covers; Infinity when there is none. */
  #unstoredSinceMs = Number.POSITIVE_INFINITY;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** Checkpoints written so far, and what those cover that wait for their confirmation. */
  #ticket = 0;
  readonly #unconfirmed: { readonly ticket: number; readonly mark: StreamMark }[] = [];
  #confirmed: StreamMark | null = null;

  constructor(
    port: CheckpointPort,
    journal: Journal,
    config: ConversationConfig,
    calls: DurabilityCalls,
  ) {
    this.#port = port;
    this.#journal = journal;
    this.#calls = calls;
    this.#intervalMs = config.checkpointIntervalMs;
    this.#patienceMs = config.deferredWorkMs;
  }

  configure(config: ConversationConfig): void {
    this.#intervalMs = config.checkpointIntervalMs;
    this.#patienceMs = config.deferredWorkMs;
  }

  enter(nowMs: number): void {
    this.#eventMs = nowMs;
  }

  /** Something happened that must not happen twice: it is stored before the event ends. */
  owe(): void {
    this.#isOwed = true;
  }

  /** The conversation is over: the next checkpoint leaves nothing to be written later. */
  finish(): void {
    this.#isOwed = true;
    this.#isFinished = true;
  }

  get owed(): boolean {
    return this.#isOwed;
  }

  /** Audio was taken. */
  took(): void {
    if (this.#unstoredSinceMs === Number.POSITIVE_INFINITY) this.#unstoredSinceMs = this.#eventMs;
  }

  /** When audio that was taken must be on disk; Infinity when all is. */
  get flushDeadlineMs(): number {
    return this.#unstoredSinceMs + this.#intervalMs + this.#patienceMs;
  }

  get nextDeadlineMs(): number {
    // Once it is deferred, the interval lies in the past and is no deadline any more.
    const { nextDeadlineMs } = this.#deferred;
    if (nextDeadlineMs !== Number.POSITIVE_INFINITY) return nextDeadlineMs;
    return this.#unstoredSinceMs + this.#intervalMs;
  }

  /** Stores audio that has waited for its time: at once when it is quiet, else a little later. */
  flush(isQuiet: boolean): void {
    if (this.#eventMs >= this.#unstoredSinceMs + this.#intervalMs) {
      this.#deferred.defer('flush', this.flushDeadlineMs);
    }
    this.#deferred.run(isQuiet, this.#eventMs);
  }

  /** Stores now. `isAwaited`: what is sent from now on rests on it, and may not leave before the write is confirmed. */
  store(isAwaited: boolean): void {
    this.#store(isAwaited, this.#eventMs);
  }

  /** The journal is full: a row is written, unless a write was refused a moment ago. */
  makeRoom(): void {
    if (this.#eventMs >= this.#retryAtMs) this.#store(this.#isOwed, this.#eventMs, true);
  }

  /** Checkpoints up to this one are on disk. True when that is news for a client of this stream: `storedTo` has moved. */
  confirm(ticket: number, stream: number | null): boolean {
    let mark: StreamMark | null = null;
    while (this.#unconfirmed.length > 0 && this.#unconfirmed[0]!.ticket <= ticket) {
      mark = this.#unconfirmed.shift()!.mark;
    }
    const before = stream === null ? null : this.storedTo(stream);
    if (mark !== null) this.#confirmed = mark;
    const after = stream === null ? null : this.storedTo(stream);
    return after !== null && (before === null || sequenceDelta(after, before) > 0);
  }

  /** Packets of this stream before this are on disk; null when none is. */
  storedTo(stream: number): number | null {
    return this.#confirmed?.stream === stream ? this.#confirmed.next : null;
  }

  snapshot(): DurabilitySnapshot {
    return { unstoredSinceMs: this.#unstoredSinceMs, mark: this.#calls.mark() };
  }

  restore(snapshot: DurabilitySnapshot): void {
    this.#unstoredSinceMs = snapshot.unstoredSinceMs ?? Number.POSITIVE_INFINITY;
    if (this.#eventMs >= this.#unstoredSinceMs + this.#intervalMs)
      this.#deferred.defer('flush', this.flushDeadlineMs);
    this.#confirmed = snapshot.mark ?? null;
  }

  #store(isAwaited: boolean, nowMs: number, isFull = false): void {
    const withRow = isFull || this.#journal.isRowDue || this.#isFinished;
    const row = withRow && !this.#journal.isEmpty ? this.#journal.takeRow() : null;
    const before = this.#unstoredSinceMs;
    this.#isOwed = false;
    this.#unstoredSinceMs = Number.POSITIVE_INFINITY;
    this.#deferred.cancel('flush');
    try {
      this.#port.checkpoint({ row, isAwaited, ticket: ++this.#ticket });
    } catch (fault) {
      this.#putBack(row, before, nowMs);
      if (!(fault instanceof StorageRefusal)) throw fault;
      this.#calls.refused(fault.message);
      return;
    }
    const mark = this.#calls.mark();
    if (mark !== null) this.#unconfirmed.push({ ticket: this.#ticket, mark });
    this.#calls.stored();
  }

  #putBack(row: JournalRow | null, unstoredSinceMs: number, nowMs: number): void {
    if (row !== null) this.#journal.putBack(row);
    this.#retryAtMs = nowMs + RETRY_MS;
    // The next attempt comes when the interval is over once more.
    if (unstoredSinceMs !== Number.POSITIVE_INFINITY) this.#unstoredSinceMs = nowMs;
  }
}
