// Speech that an agent has given and nobody has heard yet, in blocks in the object's SQLite database.

import type { SpeechSpill } from '../../core/conversation/ports.ts';
import { checkRow } from './row-size.ts';

/** One row for each block. Synchronous: the database is on the same machine. */
export class SpeechStore implements SpeechSpill {
  readonly #sql: SqlStorage;
  #hasTable = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  write(block: number, samples: Int16Array): void {
    this.#makeTable();
    const bytes = samples.slice().buffer;
    checkRow('speech', bytes);
    this.#sql.exec('INSERT OR REPLACE INTO speech (block, samples) VALUES (?, ?)', block, bytes);
  }

  read(block: number, into: Int16Array): boolean {
    this.#makeTable();
    const [row] = this.#sql.exec('SELECT samples FROM speech WHERE block = ?', block);
    const bytes = row?.['samples'];
    if (!(bytes instanceof ArrayBuffer)) return false;
    into.set(new Int16Array(bytes).subarray(0, into.length));
    return true;
  }

  dropBelow(block: number): void {
    this.#makeTable();
    this.#sql.exec('DELETE FROM speech WHERE block < ?', block);
  }

  /** Made on first use: an object that is only asked after must leave nothing behind. */
  #makeTable(): void {
    if (this.#hasTable) return;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS speech (block INTEGER PRIMARY KEY, samples BLOB NOT NULL)',
    );
    this.#hasTable = true;
  }
}
