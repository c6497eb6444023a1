// The rows of the durable journal in the object's storage.

import type { JournalRow } from '../../core/recording/journal-row.ts';
import type { RowMeter } from './row-meter.ts';
import { checkRow } from './row-size.ts';

/**
 * Rows of the journal stored as one value: a row costs as much when it is deleted as when it is written, and one that is
 * written over costs no more than a new one. At most 0.7 MB.
 */
const ROWS_TOGETHER = 4;

/** The part of the object's storage that keeps rows. */
type RowStorage = Pick<DurableObjectStorage, 'kv' | 'put'>;

/**
 * Written without holding back what is sent meanwhile; in one transaction with the checkpoint of the same event, if there is
 * one. After a loss of memory a row that the last checkpoint does not know of is written over by the next of its number.
 */
export class JournalStore {
  readonly #storage: RowStorage;
  readonly #meter: RowMeter;

  constructor(storage: RowStorage, meter: RowMeter) {
    this.#storage = storage;
    this.#meter = meter;
  }

  /** Throws RowSizeError, synchronously, when it does not fit, and when it is awaited what the storage throws. */
  write(row: JournalRow, isAwaited: boolean): Promise<void> {
    const before = this.#together(row.number).filter(({ number }) => number < row.number);
    const rows = [...before, row];
    checkRow('journal', rows);
    this.#meter.wrote('journal');
    if (isAwaited) {
      this.#storage.kv.put(keyOf(row.number), rows);
      return Promise.resolve();
    }
    return this.#storage.put(keyOf(row.number), rows, { allowUnconfirmed: true });
  }

  /** A row, or null when there is none of this number. */
  row(number: number): JournalRow | null {
    return this.#together(number).find((row) => row.number === number) ?? null;
  }

  /** What is stored together with the row of this number. */
  #together(number: number): readonly JournalRow[] {
    return this.#storage.kv.get<readonly JournalRow[]>(keyOf(number)) ?? [];
  }
}

function keyOf(number: number): string {
  return `journal/${Math.floor(number / ROWS_TOGETHER)}`;
}
