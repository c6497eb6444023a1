// What a conversation keeps in its object's storage beside its speech: how it was made, its counters and its checkpoint.

import * as v from 'valibot';
import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import { CREATION, type Creation } from '../creation.ts';
import { checkRow } from './row-size.ts';

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
  engine: v.custom<ConversationSnapshot>(isSnapshot),
  /** What the agent has saved; the agent knows its shape. Null before it was opened. */
  agent: v.nullable(v.object({ state: v.unknown() })),
} as const;

function isSnapshot(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
}

type Key = keyof typeof SCHEMAS;
type Value<K extends Key> = v.InferOutput<(typeof SCHEMAS)[K]>;

/**
 * Synchronous; writes made in one event reach the disk together or not at all, and no message that is sent after them
 * leaves before they are there (the runtime's output gate).
 */
export class ConversationStore {
  readonly #kv: SyncKvStorage;

  constructor(storage: DurableObjectStorage) {
    this.#kv = storage.kv;
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
    const engine = this.#read('engine');
    return engine === null ? null : { ...engine, agent: this.#read('agent') };
  }

  /** Writes a checkpoint in place of the last one. Throws RowSizeError when it does not fit; then nothing is written. */
  writeCheckpoint(snapshot: ConversationSnapshot): void {
    // In two rows, because an agent may hold as much audio of its own as fits into one.
    const { agent, ...engine } = snapshot;
    checkRow('engine', engine);
    checkRow('agent', agent);
    this.#write('engine', engine);
    this.#write('agent', agent ?? null);
  }

  #read<K extends Key>(key: K): Value<K> | null {
    const value = v.safeParse(SCHEMAS[key], this.#kv.get(key));
    return value.success ? ((value.output ?? null) as Value<K> | null) : null;
  }

  #write<K extends Key>(key: K, value: Value<K>): void {
    this.#kv.put(key, value);
  }
}
