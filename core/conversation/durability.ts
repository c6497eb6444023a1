// Has the conversation stored: before anyone hears of what must not happen twice, and whenever audio has waited long enough.

import { sequenceDelta } from '../media/serial.ts';
import type { ConversationConfig } from './config.ts';
import { DeferredWork } from './deferred-work.ts';
import type { Journal } from './journal.ts';
import { type CheckpointPort, StorageRefusal } from './ports.ts';

/** After a write that was refused, audio alone is not reason enough to try again before this. */
const RETRY_MS = 2000;

/** What is owed is tried again sooner, because everybody waits for it. */
const OWED_RETRY_MS = 100;

/** When nothing could be written for so long, the call goes on without. */
const PATIENCE_MS = 10_000;

/** What need not be stored at once is stored with whatever comes next, or by itself after so long. */
const LAZY_MS = 2000;

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
  /** The state could not be written, for this reason. Told once until the storage takes something again. */
  refused(sentence: string): void;
  /** The state could not be written for long: what rests on it is sent all the same. */
  goOn(): void;
}

/** State of durability. */
export interface DurabilitySnapshot {
  readonly unstoredSinceMs?: number | undefined;
  readonly lazyUntilMs?: number | undefined;
  /** Covered by this very snapshot. */
  readonly mark?: StreamMark | null | undefined;
}

/** The storage as the last attempt found it. */
type StorageState =
  | { readonly kind: 'takes' }
  /** `isPatient`: what is owed waits for it. */
  | { readonly kind: 'refuses'; readonly sinceMs: number; readonly isPatient: boolean };

const TAKES: StorageState = { kind: 'takes' };

/**
 * Every checkpoint is one transaction: the snapshot, with the audio that is in no row yet, and, when that has become much,
 * a row of the journal. What it covers counts as stored when the write was confirmed. While the storage refuses, what is
 * owed stays owed and whatever rests on it waits, until patience is over.
 */
export class Durability {
  readonly #port: CheckpointPort;
  readonly #journal: Journal;
  readonly #calls: DurabilityCalls;
  readonly #deferred = new DeferredWork({ flush: () => this.store(false) });
  #intervalMs: number;
  #patienceMs: number;
  #eventMs = 0;
  #isOwed = false;
  /** When what is owed lazily becomes owed; Infinity when nothing is. */
  #lazyUntilMs = Number.POSITIVE_INFINITY;
  #storage: StorageState = TAKES;
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

  /** Something happened that nobody outside hears of before it is stored: that may be with the next checkpoint. */
  oweLazily(): void {
    this.#lazyUntilMs = Math.min(this.#lazyUntilMs, this.#eventMs + LAZY_MS);
  }

  get owed(): boolean {
    return this.#isOwed;
  }

  /** What is owed waits for a storage that refuses it. */
  get withheld(): boolean {
    return this.#isOwed && this.#storage.kind === 'refuses';
  }

  /** When what is owed is to be stored, Infinity when nothing is: at once, or after the storage has refused it. */
  get owedDeadlineMs(): number {
    if (!this.#isOwed) return Number.POSITIVE_INFINITY;
    return this.withheld ? this.#retryAtMs : this.#eventMs;
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
    const waitingMs = this.withheld ? this.#retryAtMs : this.#lazyUntilMs;
    const { nextDeadlineMs } = this.#deferred;
    if (nextDeadlineMs !== Number.POSITIVE_INFINITY) return Math.min(nextDeadlineMs, waitingMs);
    return Math.min(this.#unstoredSinceMs + this.#intervalMs, waitingMs);
  }

  /** Stores audio that has waited for its time: at once when it is quiet, else a little later. */
  flush(isQuiet: boolean): void {
    if (this.#eventMs >= this.#lazyUntilMs) this.owe();
    if (this.#eventMs >= this.#unstoredSinceMs + this.#intervalMs) {
      this.#deferred.defer('flush', this.flushDeadlineMs);
    }
    this.#deferred.run(isQuiet, this.#eventMs);
  }

  /** Stores now. `isAwaited`: what is sent from now on rests on it, and may not leave before the write is confirmed. */
  store(isAwaited: boolean): void {
    if (this.#eventMs >= this.#retryAtMs) this.#checkpoint(isAwaited || this.#isOwed);
    else this.#putOff();
  }

  /**
   * The journal is full: a row is written, unless a write was refused a moment ago. Alone, because the next checkpoint is
   * near: should the memory be lost before it, the row is written over by the one that the last checkpoint leads to.
   */
  makeRoom(): void {
    if (this.#eventMs < this.#retryAtMs) return;
    const row = this.#journal.takeRow();
    try {
      this.#port.append(row);
    } catch (fault) {
      this.#journal.putBack(row);
      this.#refused(fault);
    }
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
    return {
      unstoredSinceMs: this.#unstoredSinceMs,
      lazyUntilMs: this.#lazyUntilMs,
      mark: this.#calls.mark(),
    };
  }

  restore(snapshot: DurabilitySnapshot): void {
    this.#unstoredSinceMs = snapshot.unstoredSinceMs ?? Number.POSITIVE_INFINITY;
    this.#lazyUntilMs = snapshot.lazyUntilMs ?? Number.POSITIVE_INFINITY;
    if (this.#eventMs >= this.#unstoredSinceMs + this.#intervalMs)
      this.#deferred.defer('flush', this.flushDeadlineMs);
    this.#confirmed = snapshot.mark ?? null;
  }

  #checkpoint(isAwaited: boolean): void {
    const row = this.#journal.isRowDue ? this.#journal.takeRow() : null;
    const before = { unstoredSinceMs: this.#unstoredSinceMs, lazyUntilMs: this.#lazyUntilMs };
    this.#unstoredSinceMs = Number.POSITIVE_INFINITY;
    this.#lazyUntilMs = Number.POSITIVE_INFINITY;
    this.#deferred.cancel('flush');
    try {
      this.#port.checkpoint({ row, isAwaited, ticket: ++this.#ticket });
    } catch (fault) {
      if (row !== null) this.#journal.putBack(row);
      this.#lazyUntilMs = before.lazyUntilMs;
      this.#unstoredSinceMs = before.unstoredSinceMs;
      this.#refused(fault);
      this.#putOff();
      return;
    }
    this.#isOwed = false;
    this.#storage = TAKES;
    const mark = this.#calls.mark();
    if (mark !== null) this.#unconfirmed.push({ ticket: this.#ticket, mark });
    this.#calls.stored();
  }

  #refused(fault: unknown): void {
    if (!(fault instanceof StorageRefusal)) throw fault;
    const isNews = this.#storage.kind === 'takes';
    const sinceMs = this.#storage.kind === 'takes' ? this.#eventMs : this.#storage.sinceMs;
    const isPatient = !fault.isLasting && this.#eventMs - sinceMs < PATIENCE_MS;
    this.#storage = { kind: 'refuses', sinceMs, isPatient };
    this.#retryAtMs = this.#eventMs + (isPatient && this.#isOwed ? OWED_RETRY_MS : RETRY_MS);
    if (isNews) this.#calls.refused(fault.message);
  }

  /** The storage has refused just now: audio waits for the next attempt, and what is owed as long as there is patience. */
  #putOff(): void {
    if (this.#unstoredSinceMs !== Number.POSITIVE_INFINITY) {
      const sinceMs = this.#retryAtMs - this.#intervalMs;
      this.#unstoredSinceMs = Math.max(this.#unstoredSinceMs, sinceMs);
    }
    if (this.#storage.kind === 'refuses' && !this.#storage.isPatient) this.#goOn();
  }

  /** The call has waited long enough: it goes on, though a loss of the memory would now have things told again. */
  #goOn(): void {
    this.#isOwed = false;
    this.#lazyUntilMs = Number.POSITIVE_INFINITY;
    this.#calls.goOn();
  }
}
