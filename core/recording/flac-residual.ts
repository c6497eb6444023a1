// The numbers of a FLAC subframe: what a fixed predictor leaves of the samples, in Rice codes (RFC 9639 §9.2.5, §9.2.7).

import type { BitWriter } from './bit-writer.ts';

/** Highest order of the fixed predictors (RFC 9639 §9.2.5, table 21). */
const HIGHEST_ORDER = 4;
/** Blocks are cut into at most 2⁵ partitions; FLAC's streamable subset allows 2⁸. */
const HIGHEST_PARTITION_ORDER = 5;
/** With 4 bits for a parameter, 15 means something else. */
const HIGHEST_PARAMETER = 14;

/** A predictor's residual, and how it is cut. */
export interface Residual {
  readonly order: number;
  /** A residual in the place of each sample; the first `order` mean nothing. */
  readonly values: Int32Array;
  readonly partitionOrder: number;
  /** Rice parameter of each partition. */
  readonly parameters: readonly number[];
  /** Estimated size. */
  readonly bits: number;
}

/** The residual of the fixed predictor that leaves least, cut so that it takes fewest bits. */
export function bestResidual(samples: Int16Array): Residual {
  let values = Int32Array.from(samples);
  let best = values;
  let order = 0;
  let least = magnitude(values, HIGHEST_ORDER);
  for (let tried = 1; tried <= Math.min(HIGHEST_ORDER, samples.length - 1); tried++) {
    // The next predictor's residual is the difference of this one's.
    values = differences(values, tried);
    const sum = magnitude(values, HIGHEST_ORDER);
    if (sum >= least) continue;
    least = sum;
    best = values;
    order = tried;
  }
  return cut(best, order);
}

/** Writes coding method, partitions and codes; the warm-up samples come before and are the caller's. */
export function writeResidual(bits: BitWriter, residual: Residual): void {
  const { order, values, partitionOrder, parameters } = residual;
  bits.write(0, 2);
  bits.write(partitionOrder, 4);
  const length = values.length >> partitionOrder;
  for (const [partition, parameter] of parameters.entries()) {
    bits.write(parameter, 4);
    const end = (partition + 1) * length;
    for (let index = Math.max(order, partition * length); index < end; index++) {
      const folded = fold(values[index]!);
      bits.writeUnary(folded >>> parameter);
      bits.write(folded, parameter);
    }
  }
}

/** The difference of each value to the one before it, from the `order`th on. */
function differences(values: Int32Array, order: number): Int32Array<ArrayBuffer> {
  const result = Int32Array.from(values);
  for (let index = values.length - 1; index >= order; index--) result[index]! -= values[index - 1]!;
  return result;
}

function magnitude(values: Int32Array, from: number): number {
  let sum = 0;
  for (let index = from; index < values.length; index++) sum += Math.abs(values[index]!);
  return sum;
}

function cut(values: Int32Array, order: number): Residual {
  let best: Residual | null = null;
  for (let partitionOrder = 0; partitionOrder <= HIGHEST_PARTITION_ORDER; partitionOrder++) {
    const length = values.length >> partitionOrder;
    if (length << partitionOrder !== values.length || length <= order) break;
    const parameters: number[] = [];
    let bits = 0;
    for (let start = 0; start < values.length; start += length) {
      const from = Math.max(order, start);
      const count = start + length - from;
      let sum = 0;
      for (let index = from; index < start + length; index++) sum += fold(values[index]!);
      const parameter = riceParameter(sum, count);
      parameters.push(parameter);
      bits += 4 + count * (parameter + 1) + sum / 2 ** parameter;
    }
    if (best === null || bits < best.bits)
      best = { order, values, partitionOrder, parameters, bits };
  }
  return best!;
}

/** The parameter that codes numbers of this sum best: near the logarithm of their mean. */
function riceParameter(sum: number, count: number): number {
  let parameter = 0;
  while (parameter < HIGHEST_PARAMETER && count * 2 ** (parameter + 1) < sum) parameter++;
  return parameter;
}

/** Signed to unsigned: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
function fold(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
