// Tries many scenarios on a few threads.

import { Worker } from 'node:worker_threads';
import type { Task, WorkerResult, WorkerSetting } from './simulation-worker.ts';

const PROGRAM = new URL('simulation-worker.ts', import.meta.url);

export interface PoolTask extends WorkerSetting {
  readonly tasks: readonly Task[];
  readonly workers: number;
  readonly stop: AbortSignal;
  /** Hears every result; true ends the task. */
  result(result: WorkerResult): boolean;
}

/** The scenarios of so many seeds. */
export function seedTasks(firstSeed: number, runs: number): Task[] {
  return Array.from({ length: runs }, (_, index) => ({ seed: firstSeed + index }));
}

/** The streams of so many seeds. */
export function playoutTasks(firstSeed: number, runs: number): Task[] {
  return Array.from({ length: runs }, (_, index) => ({ playoutSeed: firstSeed + index }));
}

/** Resolves when all were tried, or when nothing more is wanted. Rejects when a thread breaks. */
export async function tryOnThreads(task: PoolTask): Promise<void> {
  let next = 0;
  let isOver = false;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(PROGRAM, { workerData: { mutant: task.mutant } });
      const advance = (): void => {
        if (isOver || next >= task.tasks.length || task.stop.aborted) {
          void worker.terminate().then(() => resolve(), reject);
          return;
        }
        worker.postMessage(task.tasks[next++]);
      };
      worker.on('message', (result: WorkerResult) => {
        if (!isOver && task.result(result)) isOver = true;
        advance();
      });
      worker.on('error', reject);
      advance();
    });
  const threads = Math.min(task.workers, task.tasks.length);
  await Promise.all(Array.from({ length: threads }, work));
}
