// What the kernel adds to the time from a new workerd process to its first answer.

import { type Spread, spreadOf } from './spread.ts';
import { type WorkerModule, workerScript } from './worker-script.ts';
import { Workerd } from './workerd.ts';
import { kernelAssets } from './workerd-contenders.ts';

/** First score of the kernel less first answer of an empty Worker, in ms: on the clock, and of CPU. */
export interface ColdStart {
  readonly wall: Spread;
  readonly cpu: Spread;
}

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const EMPTY_WORKER: readonly WorkerModule[] = [
  {
    name: 'entry.js',
    kind: 'esModule',
    content: 'export default { fetch() { return new Response(); } };',
  },
];

/** Starts pairs of processes, each first in every other pair. */
export async function measureColdStart(build: string, pairs: number): Promise<ColdStart> {
  const kernelWorker = workerScript(
    'bench/vad/kernel-worker.ts',
    'kernelWorker',
    kernelAssets(build),
  );
  const startEmpty = () => startOnce(EMPTY_WORKER, '/');
  const startKernel = () => startOnce(kernelWorker, `/${build}?count=1`);
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const emptyBefore = pair % 2 === 0 ? await startEmpty() : undefined;
    const kernel = await startKernel();
    const empty = emptyBefore ?? (await startEmpty());
    wallMs.push(kernel.wallMs - empty.wallMs);
    cpuMs.push(kernel.cpuMs - empty.cpuMs);
  }
  return { wall: spreadOf(wallMs), cpu: spreadOf(cpuMs) };
}

async function startOnce(modules: readonly WorkerModule[], path: string): Promise<Start> {
  const startedMs = performance.now();
  const workerd = new Workerd({ worker: modules });
  try {
    await workerd.fetch('worker', path);
    return { wallMs: performance.now() - startedMs, cpuMs: workerd.cpuUs / 1000 };
  } finally {
    await workerd.stop();
  }
}
