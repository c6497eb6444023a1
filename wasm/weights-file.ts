// A weights file while it is filled: numbers at the kernel's addresses, matrices in its tiles.

/// <reference path="./usize.d.ts" />

import { DENSE_TILE, INT16_LARGEST_INPUT, INT16_TILE, WEIGHTS_AT } from './assembly/layout.ts';

const INT16_MAX = 2 ** 15 - 1;
const INT32_MAX = 2 ** 31 - 1;

/** An input's place in a vector of eight 16-bit integers; two neighbours are summed in one lane. */
const INT16_LANES = [0, 0, 1, 1, 2, 2, 3, 3] as const;

/** Little-endian numbers, addressed as the kernel addresses them. */
export class WeightsFile {
  readonly #view: DataView;

  constructor(lengthBytes: number) {
    this.#view = new DataView(new ArrayBuffer(lengthBytes));
  }

  /** Writes the values one after another, as floats. Throws at the end of the file. */
  write(address: number, values: Iterable<number>): void {
    let offset = address - WEIGHTS_AT;
    for (const value of values) {
      this.#view.setFloat32(offset, value, true);
      offset += 4;
    }
  }

  /** Taps [output][input][3] as [tile of outputs][input][vector of 4 outputs][3 taps][4]. */
  writeConvolution(address: number, tile: number, inputs: number, taps: Float32Array): void {
    const outputs = taps.length / inputs / 3;
    const tiled: number[] = [];
    for (let first = 0; first < outputs; first += tile) {
      for (let input = 0; input < inputs; input++) {
        for (let vector = first; vector < first + tile; vector += 4) {
          for (let tap = 0; tap < 3; tap++) {
            for (let output = vector; output < vector + 4; output++) {
              tiled.push(taps[(output * inputs + input) * 3 + tap]!);
            }
          }
        }
      }
    }
    this.write(address, tiled);
  }

  /** A matrix as [tile of 32 outputs][input][32 outputs]. */
  writeDense(
    address: number,
    outputs: number,
    inputs: number,
    weightOf: (output: number, input: number) => number,
  ): void {
    const tiled: number[] = [];
    for (let first = 0; first < outputs; first += DENSE_TILE) {
      for (let input = 0; input < inputs; input++) {
        for (let output = first; output < first + DENSE_TILE; output++) {
          tiled.push(weightOf(output, input));
        }
      }
    }
    this.write(address, tiled);
  }

  /**
   * A matrix [row][input] as 16-bit integers, [tile of 8 rows][vector of 8 inputs][8 rows][8], and
   * before them the step of every row.
   */
  writeInt16Matrix(
    stepsAddress: number,
    weightsAddress: number,
    matrix: Float32Array,
    inputs: number,
  ): void {
    const rows = Array.from({ length: matrix.length / inputs }, (_, row) =>
      matrix.subarray(row * inputs, (row + 1) * inputs),
    );
    const steps = rows.map(int16Step);
    this.write(stepsAddress, steps);
    let offset = weightsAddress - WEIGHTS_AT;
    for (let first = 0; first < rows.length; first += INT16_TILE) {
      for (let input = 0; input < inputs; input += 8) {
        for (let row = first; row < first + INT16_TILE; row++) {
          for (const weight of rows[row]!.subarray(input, input + 8)) {
            this.#view.setInt16(offset, Math.round(weight / steps[row]!), true);
            offset += 2;
          }
        }
      }
    }
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer);
  }
}

/**
 * The finest step in which the row's weights fit into 16 bits, and what a lane of the kernel sums
 * up of them fits into 32 with the largest inputs of the worst signs.
 */
function int16Step(row: Float32Array): number {
  let largest = 0;
  const lanes = [0, 0, 0, 0];
  row.forEach((weight, input) => {
    largest = Math.max(largest, Math.abs(weight));
    lanes[INT16_LANES[input % 8]!]! += Math.abs(weight);
  });
  // Rounding may add half a step to each of a lane's weights.
  const rounding = row.length / 4 / 2;
  const capacity = INT32_MAX / INT16_LARGEST_INPUT - rounding;
  return Math.max(largest / INT16_MAX, Math.max(...lanes) / capacity);
}
