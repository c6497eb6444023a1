// Memory for samples that takes and gives them in blocks, because copying them one by one costs most of all.

/** Shorter than this, one by one is as fast. */
const SHORTEST_BLOCK = 32;

/** Copies a stretch of samples into an array that has room for it; in one block when it is the whole of `from`. */
export function copySamples(
  from: Int16Array,
  offset: number,
  into: Int16Array,
  intoOffset: number,
  length: number,
): void {
  if (length === from.length) {
    into.set(from, intoOffset);
    return;
  }
  const shift = intoOffset - offset;
  for (let index = offset; index < offset + length; index++) into[index + shift] = from[index]!;
}

/**
 * The language copies a block from one array to another only when it is a whole view, and making one allocates. So there is
 * a view for every power of two, and any stretch is two of them that overlap. Nothing is allocated after construction.
 */
export class SampleBlocks {
  readonly #memory: Int16Array;
  /** What lies before the samples kept: the views begin there. */
  readonly #margin: number;
  readonly #views: readonly Int16Array[];

  /** Room for `count` samples, of which at most `longest` are copied at once. */
  constructor(count: number, longest: number) {
    const sizes = Math.floor(Math.log2(longest)) + 1;
    this.#margin = 2 ** (sizes - 1);
    this.#memory = new Int16Array(this.#margin + count);
    this.#views = Array.from({ length: sizes }, (_, size) => this.#memory.subarray(0, 2 ** size));
  }

  /** Keeps samples from the place `at` on. */
  write(at: number, samples: Int16Array, offset: number, length: number): void {
    copySamples(samples, offset, this.#memory, this.#margin + at, length);
  }

  /** Copies `length` samples from the place `at` on. */
  read(at: number, into: Int16Array, offset: number, length: number): void {
    const memory = this.#memory;
    const start = this.#margin + at;
    if (length < SHORTEST_BLOCK) {
      for (let index = 0; index < length; index++) into[offset + index] = memory[start + index]!;
      return;
    }
    const view = this.#views[31 - Math.clz32(length)]!;
    const rest = length - view.length;
    memory.copyWithin(0, start, start + view.length);
    into.set(view, offset);
    if (rest === 0) return;
    memory.copyWithin(0, start + rest, start + length);
    into.set(view, offset + rest);
  }
}
