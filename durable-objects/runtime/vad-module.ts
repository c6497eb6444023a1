// The VAD kernel of this isolate, made of the built files: one instance for all conversations.

import plainKernel from '../../wasm/build/vad-f32-plain.wasm';
import weights from '../../wasm/build/weights-f32.bin';
import { VadKernel } from './vad-kernel.ts';

// The build without relaxed SIMD: a module that the engine cannot compile keeps the whole Worker
// from starting, and the code cannot ask first, because workerd compiles imports before it runs
// anything, and nothing afterwards. docs/adr/0004-vad-builds.md has the reasons and the numbers.

let kernel: VadKernel | undefined;

/** Made on first use, so that an isolate which scores nothing pays nothing. */
export function isolateVadKernel(): VadKernel {
  kernel ??= new VadKernel(plainKernel, weights);
  return kernel;
}
