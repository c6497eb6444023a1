// Compares what was heard with what had to be heard, sample by sample: what is missing, came twice, or in another order.

/** So many samples (10 ms) must agree before a place counts as found again. */
const PROBE_SAMPLES = 160;

/** A shorter end than this is no proof of where it belongs. */
const LEAST_PROBE_SAMPLES = 16;

/** Samples that a place is looked up by. */
const KEY_SAMPLES = 8;

export interface AudioExpectation {
  readonly samples: Int16Array;
  /** Where an utterance ends: the last frame may be filled with zeros there. */
  readonly ends: readonly number[];
  /** Less than a frame of zeros, at most. */
  readonly paddingSamples: number;
  /** False when the caller may have left before the end. */
  readonly isWhole: boolean;
}

/** All in samples. */
export interface AudioVerdict {
  /** Never heard, though something after them was, or all had to be. */
  readonly lost: number;
  /** Heard again, once for each time. */
  readonly duplicated: number;
  /** Heard for the first time after something that comes later. */
  readonly reordered: number;
  /** Heard, and said by nobody. */
  readonly foreign: number;
  /** How often each expected sample was heard. */
  readonly times: Uint8Array;
}

/** Judges a recording of content. Both are read only. */
export function judgeAudio(expectation: AudioExpectation, heard: Int16Array): AudioVerdict {
  const { samples: expected, isWhole } = expectation;
  const times = new Uint8Array(expected.length);
  const places = new Places(expected);
  let at = 0;
  let end = 0;
  let reordered = 0;
  let foreign = 0;
  let isLocked = true;
  for (let index = 0; index < heard.length; ) {
    if (isLocked && at < expected.length && heard[index] === expected[at]) {
      if (times[at] === 0 && at < end) reordered++;
      if (times[at]! < 255) times[at]!++;
      end = Math.max(end, ++at);
      index++;
      continue;
    }
    const padding = isLocked ? paddingAt(expectation, at, heard, index) : 0;
    if (padding > 0) {
      index += padding;
      continue;
    }
    const found = places.find(heard, index, at);
    isLocked = found !== null;
    if (found !== null) at = found;
    else {
      foreign++;
      index++;
    }
  }
  const { lost, duplicated } = count(times, isWhole ? expected.length : end);
  return { lost, duplicated, reordered, foreign, times };
}

function count(times: Uint8Array, end: number): { lost: number; duplicated: number } {
  let lost = 0;
  let duplicated = 0;
  for (let at = 0; at < end; at++) {
    if (times[at] === 0) lost++;
    else duplicated += times[at]! - 1;
  }
  return { lost, duplicated };
}

/** Zeros that fill the last frame of an utterance; 0 when these are none. */
function paddingAt(
  { samples: expected, ends, paddingSamples }: AudioExpectation,
  at: number,
  heard: Int16Array,
  index: number,
): number {
  // Where what comes next begins with zeros, these have been taken for its beginning already.
  let begin = at;
  while (begin > 0 && expected[begin - 1] === 0) begin--;
  if (!ends.some((end) => begin <= end && end <= at)) return 0;
  let zeros = 0;
  while (heard[index + zeros] === 0) zeros++;
  if (zeros === 0 || zeros > paddingSamples) return 0;
  const next = index + zeros;
  return next === heard.length || agreement(heard, next, expected, at) ? zeros : 0;
}

/** Finds where in the expected samples a piece of what was heard belongs. */
class Places {
  readonly #expected: Int16Array;
  #heads: Int32Array | null = null;
  #nexts = new Int32Array(0);

  constructor(expected: Int16Array) {
    this.#expected = expected;
  }

  /** The place nearest to `near`, null when there is none. */
  find(heard: Int16Array, index: number, near: number): number | null {
    if (heard.length - index < LEAST_PROBE_SAMPLES) return null;
    const heads = this.#index();
    let nearest: number | null = null;
    for (let at = heads[keyOf(heard, index)]!; at >= 0; at = this.#nexts[at]!) {
      if (nearest !== null && Math.abs(at - near) >= Math.abs(nearest - near)) continue;
      if (agreement(heard, index, this.#expected, at)) nearest = at;
    }
    return nearest;
  }

  /** Made only when something is amiss. */
  #index(): Int32Array {
    if (this.#heads !== null) return this.#heads;
    const heads = new Int32Array(KEYS).fill(-1);
    this.#nexts = new Int32Array(this.#expected.length);
    for (let at = 0; at + KEY_SAMPLES <= this.#expected.length; at++) {
      const key = keyOf(this.#expected, at);
      this.#nexts[at] = heads[key]!;
      heads[key] = at;
    }
    this.#heads = heads;
    return heads;
  }
}

const KEYS = 2 ** 20;

function keyOf(samples: Int16Array, from: number): number {
  let key = 0;
  for (let offset = 0; offset < KEY_SAMPLES; offset++) {
    key = Math.imul(key ^ samples[from + offset]!, 0x9e37_79b1);
  }
  return key >>> 12;
}

/** Whether the next 10 ms are the same, or all there is of what was heard. */
function agreement(heard: Int16Array, index: number, expected: Int16Array, at: number): boolean {
  const length = Math.min(PROBE_SAMPLES, heard.length - index);
  if (at + length > expected.length) return false;
  for (let offset = 0; offset < length; offset++) {
    if (heard[index + offset] !== expected[at + offset]) return false;
  }
  return true;
}
