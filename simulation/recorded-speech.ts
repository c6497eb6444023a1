// Recorded speech and the neural kernel that finds it, for the runs that are not scripted.

import { readFileSync } from 'node:fs';
import { SCORER_RATE_HZ, type ScorerFactory } from '../core/voice/scorer.ts';
import { KernelScorer } from '../durable-objects/runtime/kernel-scorer.ts';
import { VadKernel } from '../durable-objects/runtime/vad-kernel.ts';
import { readWave } from '../durable-objects/runtime/wave.ts';

/** The scenario goes on this long in silence after the speech. */
const QUIET_END_MS = 4000;

let kernel: VadKernel | null = null;
let recording: Int16Array | null = null;

/** Scorers that share one kernel, as those of an isolate do. */
export function kernelScorers(): ScorerFactory {
  kernel ??= new VadKernel(
    compile(readFile('../wasm/build/vad-f32.wasm')),
    readFile('../wasm/build/weights-f32.bin').buffer,
  );
  const shared = kernel;
  return (listener) => new KernelScorer(shared, listener);
}

/** The bundled conversation, as much of it as the scenario has time for. */
export function recordedSpeech(durationMs: number): Int16Array {
  const file = readFile('../samples/conversation.wav');
  recording ??= readWave(file.buffer, SCORER_RATE_HZ);
  return recording.subarray(0, (Math.max(0, durationMs - QUIET_END_MS) * SCORER_RATE_HZ) / 1000);
}

/** The Worker's types, which the kernel has, lack this constructor, because workerd does. */
function compile(bytes: Uint8Array): WebAssembly.Module {
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  return new Module(bytes);
}

function readFile(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, import.meta.url)));
}
