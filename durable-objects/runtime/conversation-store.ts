// What a conversation keeps in its object's storage beside its speech: how it was made, its counters and its checkpoint.

import * as v from 'valibot';
import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import { CREATION, type Creation } from '../creation.ts';
import type { RowCounts, RowKind, RowMeter } from './row-meter.ts';
import { checkRow, ROW_MAX_BYTES, storedBytes } from './row-size.ts';
import type { SpeechSlots } from './speech-store.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Every key with the shape of its value. A key that is absent, or has another shape, reads as null. */
const SCHEMAS = {
  /** Written with the first connection, and again when its settings are changed. */
  creation: CREATION,
  /** Number of the newest connection. */
  connections: count,
  /** When the newest resume token that was ever used was made. */
  resumeIssuedMs: v.number(),
  /** No token of the conversation is valid after this time. */
  tokensExpireMs: v.number(),
  /** Snapshot of the engine, whose parts bring a missing field to its initial value. */
  engine: v.custom<StoredCheckpoint>(isSnapshot),
  /** What the agent has saved, where it does not fit into the row of the engine; the agent knows its shape. */
  agent: v.nullable(v.object({ state: v.unknown() })),
} as const;

/** A snapshot, and what the runtime keeps with it. */
interface StoredCheckpoint extends ConversationSnapshot {
  /** The agent's state is in a row of its own. */
  readonly isSplit?: boolean | undefined;
  readonly speech?: SpeechSlots | undefined;
  readonly rows?: RowCounts | undefined;
}

/** How a checkpoint is written. */
export interface CheckpointOptions {
  /** What is sent from now on waits until it is on disk. */
  readonly isAwaited: boolean;
  /** Where the speech lies that it needs. */
  readonly speech: SpeechSlots;
}

function isSnapshot(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
}

type Key = keyof typeof SCHEMAS;
type Value<K extends Key> = v.InferOutput<(typeof SCHEMAS)[K]>;

/** The part of the object's storage that it needs. */
type KeyStorage = Pick<DurableObjectStorage, 'kv' | 'put'>;

/** What each key counts as. */
const ROW_KIND_OF: Readonly<Record<Key, RowKind>> = {
  creation: 'creation',
  connections: 'connection',
  resumeIssuedMs: 'connection',
  tokensExpireMs: 'connection',
  engine: 'checkpoint',
  agent: 'checkpoint',
};

/**
 * Synchronous; writes made in one event reach the disk together or not at all, and no message that is sent after them
 * leaves before they are there (the runtime's output gate), unless a checkpoint is not awaited.
 */
export class ConversationStore {
  readonly #storage: KeyStorage;
  readonly #kv: SyncKvStorage;
  readonly #meter: RowMeter;

  constructor(storage: KeyStorage, meter: RowMeter) {
    this.#storage = storage;
    this.#kv = storage.kv;
    this.#meter = meter;
  }

  get creation(): Creation | null {
    return this.#read('creation');
  }

  writeCreation(creation: Creation): void {
    this.#write('creation', creation);
  }

  /** Number of a new connection, written before it is used: never given twice, whatever is lost. */
  nextConnection(): number {
    const next = (this.#read('connections') ?? 0) + 1;
    this.#write('connections', next);
    return next;
  }

  /**
   * Whether a resume token made at this time may still be used. Using one ends all that were made before it, so a
   * token that leaked earlier is worth nothing once its owner has reconnected.
   */
  useResumeToken(issuedMs: number): boolean {
    const newestUsedMs = this.#read('resumeIssuedMs') ?? 0;
    if (issuedMs < newestUsedMs) return false;
    if (issuedMs > newestUsedMs) this.#write('resumeIssuedMs', issuedMs);
    return true;
  }

  get tokensExpireMs(): number {
    return this.#read('tokensExpireMs') ?? 0;
  }

  extendTokens(expireMs: number): void {
    if (expireMs > this.tokensExpireMs) this.#write('tokensExpireMs', expireMs);
  }

  /** The last checkpoint, or null before the first. */
  get checkpoint(): ConversationSnapshot | null {
    const stored = this.#read('engine');
    if (stored === null) return null;
    const { isSplit = !('agent' in stored), speech: _speech, rows: _rows, ...snapshot } = stored;
    return isSplit ? { ...snapshot, agent: this.#read('agent') } : snapshot;
  }

  /** Where the speech lies that the last checkpoint needs. */
  get speechSlots(): SpeechSlots {
    return this.#read('engine')?.speech ?? [];
  }

  /** Rows written until the last checkpoint. */
  get rowCounts(): Partial<RowCounts> {
    return this.#read('engine')?.rows ?? {};
  }

  /**
   * Writes a checkpoint in place of the last one. Throws RowSizeError when it does not fit; then nothing is written.
   * Resolves when the storage has taken it, which for one that is awaited is at once.
   */
  writeCheckpoint(
    snapshot: ConversationSnapshot,
    { isAwaited, speech }: CheckpointOptions,
  ): Promise<void> {
    const { agent = null, ...engine } = snapshot;
    const agentBytes = storedBytes(agent);
    const isSplit = agentBytes + storedBytes(engine) > ROW_MAX_BYTES;
    const rows = this.#meter.counts;
    const stored: StoredCheckpoint = isSplit
      ? { ...engine, speech, rows, isSplit }
      : { ...snapshot, agent, speech, rows };
    checkRow('engine', stored);
    if (isSplit) {
      checkRow('agent', agent);
      this.#write('agent', agent);
    }
    if (isAwaited) {
      this.#write('engine', stored);
      return Promise.resolve();
    }
    this.#meter.wrote('checkpoint');
    return this.#storage.put('engine', stored, { allowUnconfirmed: true });
  }

  #read<K extends Key>(key: K): Value<K> | null {
    const value = v.safeParse(SCHEMAS[key], this.#kv.get(key));
    return value.success ? ((value.output ?? null) as Value<K> | null) : null;
  }

  #write<K extends Key>(key: K, value: Value<K>): void {
    this.#meter.wrote(ROW_KIND_OF[key]);
    this.#kv.put(key, value);
  }
}
