// Counts the rows that a conversation has written, by what they were written for.

/** Deletions are written rows, and so is each setting of the alarm (Durable Objects pricing). */
export const ROW_KINDS = [
  'creation',
  'connection',
  'checkpoint',
  'journal',
  'speech',
  'deletion',
  'alarm',
  'recording',
] as const;

export type RowKind = (typeof ROW_KINDS)[number];
export type RowCounts = Readonly<Record<RowKind, number>>;

export class RowMeter {
  readonly #counts: Record<RowKind, number> = Object.fromEntries(
    ROW_KINDS.map((kind) => [kind, 0]),
  ) as Record<RowKind, number>;

  /** A copy. */
  get counts(): RowCounts {
    return { ...this.#counts };
  }

  wrote(kind: RowKind, rows = 1): void {
    this.#counts[kind] += rows;
  }

  /** Counts on from what was counted before the memory was lost. */
  restore(counts: Partial<RowCounts>): void {
    Object.assign(this.#counts, counts);
  }
}
