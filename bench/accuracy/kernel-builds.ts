// The built kernels: every vad-*.wasm in wasm/build/ with the weights of its kind.

import { readdirSync, readFileSync } from 'node:fs';
import { VadKernel } from '../../durable-objects/runtime/vad-kernel.ts';

const BUILD_FOLDER = new URL('../../wasm/build/', import.meta.url);

/** Names of the builds: 'f32', 'f32-plain' … */
export function kernelBuilds(): string[] {
  return readdirSync(BUILD_FOLDER)
    .map((file) => /^vad-(.+)\.wasm$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/** A new instance of a build; 'int16-plain' takes weights-int16.bin. */
export function loadKernel(build: string): VadKernel {
  // The Worker's types lack this constructor, because workerd does.
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  const weights = readBuilt(`weights-${build.split('-')[0]}.bin`);
  return new VadKernel(new Module(readBuilt(`vad-${build}.wasm`)), weights.buffer);
}

function readBuilt(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(file, BUILD_FOLDER)));
}
