// Numbers over time for a plot: the newest of them, in order.

/** How many points are kept beyond what is shown before the oldest are dropped all at once. */
const SLACK = 512;

/** Columns of the same length: times first, then one for each line of the plot; null is a hole. */
export class PointSeries {
  readonly times: number[] = [];
  readonly lines: (number | null)[][];
  readonly #capacity: number;

  constructor(lines: number, capacity: number) {
    this.lines = Array.from({ length: lines }, () => []);
    this.#capacity = capacity;
  }

  /** Takes a point; one that is not later than the last takes its place. */
  add(atMs: number, values: readonly (number | null)[]): void {
    const last = this.times.at(-1);
    if (last !== undefined && atMs <= last) return this.#replaceLast(values);
    this.times.push(atMs);
    for (const [index, line] of this.lines.entries()) line.push(values[index] ?? null);
    if (this.times.length > this.#capacity + SLACK) {
      this.times.splice(0, SLACK);
      for (const line of this.lines) line.splice(0, SLACK);
    }
  }

  #replaceLast(values: readonly (number | null)[]): void {
    const last = this.times.length - 1;
    for (const [index, line] of this.lines.entries()) line[last] = values[index] ?? line[last]!;
  }
}
