// A waveform as columns of 10 ms, addressed by their time: the newest of them, in memory that is taken once.

/** Duration of a column. */
export const COLUMN_MS = 10;

/** A ring; columns that nobody has set are silent. */
export class SoundColumns {
  readonly #mask: number;
  readonly #low: Float32Array;
  readonly #high: Float32Array;
  #end = 0;

  /** `capacity` in columns: a power of two. */
  constructor(capacity: number) {
    this.#mask = capacity - 1;
    this.#low = new Float32Array(capacity);
    this.#high = new Float32Array(capacity);
  }

  /** Where the newest column ends. */
  get endMs(): number {
    return this.#end * COLUMN_MS;
  }

  /** Sets what was between two times, from −1 to 1; the past may be set again. */
  set(fromMs: number, toMs: number, low: number, high: number): void {
    const from = Math.max(0, Math.round(fromMs / COLUMN_MS));
    const to = Math.max(from + 1, Math.round(toMs / COLUMN_MS));
    this.#clearTo(to);
    for (let column = from; column < to; column++) {
      if (column < this.#end - this.#low.length) continue;
      this.#low[column & this.#mask] = low;
      this.#high[column & this.#mask] = high;
    }
  }

  /** The lowest sample in a column, 0 where nothing is known. */
  lowAt(column: number): number {
    return this.#isKept(column) ? this.#low[column & this.#mask]! : 0;
  }

  highAt(column: number): number {
    return this.#isKept(column) ? this.#high[column & this.#mask]! : 0;
  }

  #isKept(column: number): boolean {
    return column >= 0 && column < this.#end && column >= this.#end - this.#low.length;
  }

  /** What lies between the newest column and a later one is silent. */
  #clearTo(end: number): void {
    const first = Math.max(this.#end, end - this.#low.length);
    for (let column = first; column < end; column++) {
      this.#low[column & this.#mask] = 0;
      this.#high[column & this.#mask] = 0;
    }
    this.#end = Math.max(this.#end, end);
  }
}
