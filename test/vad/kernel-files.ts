// The built kernel as the tests load it, straight from wasm/build/.

import { readFileSync } from 'node:fs';
import { VadKernel } from '../../durable-objects/runtime/vad-kernel.ts';

/** The kernel's builds with the LSTM's matrices as floats, and as 16-bit integers. */
export const FLOAT_KERNEL_FILES = ['vad-f32.wasm', 'vad-f32-plain.wasm'] as const;
export const INT16_KERNEL_FILES = ['vad-int16.wasm', 'vad-int16-plain.wasm'] as const;
export const KERNEL_FILES = [...FLOAT_KERNEL_FILES, ...INT16_KERNEL_FILES] as const;

export type KernelFile = (typeof KERNEL_FILES)[number];

/** The bytes of a file in wasm/build/. */
export function readBuilt(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../wasm/build/${file}`, import.meta.url)));
}

/** Compiles one of the builds. The Worker's types lack this constructor, because workerd does. */
export function compileBuilt(file: KernelFile | 'opus.wasm'): WebAssembly.Module {
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  return new Module(readBuilt(file));
}

/** The weights that a build reads. */
export function weightsFileOf(file: KernelFile): 'weights-f32.bin' | 'weights-int16.bin' {
  return file.startsWith('vad-int16') ? 'weights-int16.bin' : 'weights-f32.bin';
}

/** A new instance of one of the builds. */
export function loadKernel(file: KernelFile): VadKernel {
  return new VadKernel(compileBuilt(file), readBuilt(weightsFileOf(file)).buffer);
}
