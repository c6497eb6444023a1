// The weights file while it is filled: floats at the kernel's addresses, matrices in its tiles.

/// <reference path="./usize.d.ts" />

import { DENSE_TILE, WEIGHTS_AT, WEIGHTS_BYTES } from './assembly/layout.ts';

/** Little-endian floats, addressed as the kernel addresses them. */
export class WeightsFile {
  readonly #view = new DataView(new ArrayBuffer(WEIGHTS_BYTES));

  /** Writes the values one after another. Throws at the end of the file. */
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

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer);
  }
}
