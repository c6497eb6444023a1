// The built kernel as the tests load it, straight from wasm/build/.

import { readFileSync } from 'node:fs';
import { VadKernel } from '../../durable-objects/runtime/vad-kernel.ts';

/** The kernel's builds. */
export const KERNEL_FILES = ['vad-f32.wasm', 'vad-f32-plain.wasm'] as const;

/** The bytes of a file in wasm/build/. */
export function readBuilt(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../wasm/build/${file}`, import.meta.url)));
}

/** Compiles one of the builds. The Worker's types lack this constructor, because workerd does. */
export function compileBuilt(file: (typeof KERNEL_FILES)[number]): WebAssembly.Module {
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  return new Module(readBuilt(file));
}

/** A new instance of one of the builds. */
export function loadKernel(file: (typeof KERNEL_FILES)[number]): VadKernel {
  return new VadKernel(compileBuilt(file), readBuilt('weights-f32.bin').buffer);
}
