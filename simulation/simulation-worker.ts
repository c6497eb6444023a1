// A thread that tries scenarios, one at a time as it is asked; with a mutant, in a service that has its fault.

import { parentPort, workerData } from 'node:worker_threads';
import { installMutant } from './mutant-loader.ts';
import { MUTANTS } from './mutants.ts';
import type { Violation } from './oracle/violations.ts';
import type { Outcome } from './run.ts';

export interface WorkerSetting {
  /** Name of a mutant; null for the service as it is. */
  readonly mutant: string | null;
}

/** What is to be tried: the conversation of a seed, a named case, or the stream of a seed through a jitter buffer. */
export type Task =
  | { readonly seed: number }
  | { readonly name: string }
  | { readonly playoutSeed: number };

export interface WorkerResult {
  readonly task: Task;
  readonly simulatedMs: number;
  readonly violations: readonly Violation[];
}

const { mutant } = workerData as WorkerSetting;
if (mutant !== null) installMutant(MUTANTS.find(({ name }) => name === mutant)!);

// Loaded only now, so that the mutant is in place before any of the service is.
const { tryScenario } = await import('./trial.ts');
const { drawScenario } = await import('./scenarios.ts');
const { readNamedCase } = await import('./named-case.ts');
const { tryPlayout } = await import('./playout/playout-trial.ts');
const { drawPlayoutScenario } = await import('./playout/playout-scenario.ts');

parentPort?.on('message', (task: Task) => {
  const { violations, simulatedMs } = attempt(task);
  const result: WorkerResult = { task, simulatedMs, violations };
  parentPort?.postMessage(result);
});

function attempt(task: Task): Outcome {
  if ('playoutSeed' in task) return tryPlayout(drawPlayoutScenario(task.playoutSeed));
  return tryScenario('seed' in task ? drawScenario(task.seed) : readNamedCase(task.name).scenario);
}
