// What the agent has said, in blocks in the object's storage.

import type { SpeechSpill } from '../../core/conversation/ports.ts';
import { BLOCK_SAMPLES } from '../../core/playout/speech-queue.ts';
import type { RowMeter } from './row-meter.ts';
import { checkRow } from './row-size.ts';

/** Where each stored block lies. */
export type SpeechSlots = readonly (readonly [block: number, slot: number])[];

/** The part of the object's storage that keeps blocks. */
type BlockStorage = Pick<DurableObjectStorage, 'kv' | 'put' | 'sql'>;

/** Sees to a promise that nobody waits for. */
type Background = (name: string, work: Promise<void>) => void;

/** Blocks that version 0.1.0 wrote. */
const OLD_BLOCK_SAMPLES = 2 ** 14;

/**
 * One row for each block. A block that is no longer needed makes room for a later one, because a row that is written over
 * costs one write and a row that is deleted costs another. Which block lies where is part of the checkpoint: what a
 * checkpoint needs is never written over before the next. Writes are not awaited by what is sent; a checkpoint that
 * needs them is.
 */
export class SpeechStore implements SpeechSpill {
  readonly #storage: BlockStorage;
  readonly #meter: RowMeter;
  readonly #background: Background;
  readonly #isKept: boolean;
  readonly #slots = new Map<number, number>();
  readonly #free: number[] = [];
  /** What the storage has refused so far. */
  readonly #refused = new Map<number, ArrayBuffer>();
  #slotCount = 0;

  /** When it is kept, as for a recording, nothing is ever written over. */
  constructor(storage: BlockStorage, meter: RowMeter, isKept: boolean, background: Background) {
    this.#storage = storage;
    this.#meter = meter;
    this.#isKept = isKept;
    this.#background = background;
  }

  write(block: number, samples: Int16Array): void {
    const bytes = samples.slice().buffer;
    checkRow('speech', bytes);
    const slot = this.#slots.get(block) ?? this.#free.pop() ?? this.#slotCount++;
    this.#slots.set(block, slot);
    this.#meter.wrote('speech');
    this.#refused.delete(block);
    const put = this.#storage.put(keyOf(slot), bytes, { allowUnconfirmed: true });
    const kept = put.catch((fault: unknown) => {
      if (this.#slots.get(block) === slot) this.#refused.set(block, bytes);
      throw fault;
    });
    this.#background('speech', kept);
  }

  /** Writes what was refused: no checkpoint may need a block that is not there. Throws while the storage takes nothing. */
  writeRefused(): void {
    for (const [block, bytes] of this.#refused) {
      this.#meter.wrote('speech');
      this.#storage.kv.put(keyOf(this.#slots.get(block)!), bytes);
      this.#refused.delete(block);
    }
  }

  read(block: number, offset: number, into: Int16Array): boolean {
    const slot = this.#slots.get(block);
    const stored = slot === undefined ? undefined : this.#storage.kv.get<ArrayBuffer>(keyOf(slot));
    const bytes = this.#refused.get(block) ?? stored;
    if (!(bytes instanceof ArrayBuffer)) return this.#readOld(block, offset, into);
    into.set(new Int16Array(bytes).subarray(offset, offset + into.length));
    return true;
  }

  dropBelow(block: number): void {
    if (this.#isKept) return;
    for (const [each, slot] of this.#slots) {
      if (each >= block) continue;
      this.#slots.delete(each);
      this.#refused.delete(each);
      this.#free.push(slot);
    }
  }

  /** Blocks that are stored. */
  has(block: number): boolean {
    return this.#slots.has(block);
  }

  get slots(): SpeechSlots {
    return [...this.#slots];
  }

  restore(slots: SpeechSlots): void {
    for (const [block, slot] of slots) {
      this.#slots.set(block, slot);
      this.#slotCount = Math.max(this.#slotCount, slot + 1);
    }
    const taken = new Set(this.#slots.values());
    for (let slot = 0; slot < this.#slotCount; slot++) if (!taken.has(slot)) this.#free.push(slot);
  }

  /** A conversation that version 0.1.0 began has its blocks in a table. */
  #readOld(block: number, offset: number, into: Int16Array): boolean {
    const { sql } = this.#storage;
    const [table] = sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'speech'");
    if (table === undefined) return false;
    const old = (block * BLOCK_SAMPLES + offset) / OLD_BLOCK_SAMPLES;
    const [row] = sql.exec('SELECT samples FROM speech WHERE block = ?', old);
    const bytes = row?.['samples'];
    if (!(bytes instanceof ArrayBuffer)) return false;
    into.set(new Int16Array(bytes).subarray(0, into.length));
    return true;
  }
}

function keyOf(slot: number): string {
  return `speech/${slot}`;
}
