// `npm run simulate`: whole conversations in virtual time against the laws, and the mutants that the laws must catch.

import { CommandError } from '../client/node/command-error.ts';
import { runCommand } from '../client/node/run-command.ts';
import { MUTANTS } from './mutants.ts';
import { type FileScenario, readNamedCases, readScenario } from './named-case.ts';
import { LAWS } from './oracle/laws.ts';
import type { Violation } from './oracle/violations.ts';
import {
  drawPlayoutScenario,
  type PlayoutScenario,
  plainerPlayouts,
} from './playout/playout-scenario.ts';
import { tryPlayout } from './playout/playout-trial.ts';
import type { Outcome } from './run.ts';
import { playoutTasks, seedTasks, tryOnThreads } from './run-pool.ts';
import type { Scenario } from './scenario.ts';
import { drawScenario } from './scenarios.ts';
import { shrink, smallestOf } from './shrinker.ts';
import { readSimulateOptions, type SimulateOptions } from './simulate-options.ts';
import type { Task } from './simulation-worker.ts';
import { tryScenario } from './trial.ts';

const PROGRESS_MS = 5000;

/** Failures that are made small and shown whole; of others the seed is enough. */
const SHOWN_FAILURES = 3;

/** What the command found. */
interface Tally {
  runs: number;
  violations: number;
  simulatedMs: number;
  mutants: number;
  mutantsCaught: number;
}

await runCommand(async (stop) => {
  const options = readSimulateOptions(process.argv.slice(2));
  const tally: Tally = { runs: 0, violations: 0, simulatedMs: 0, mutants: 0, mutantsCaught: 0 };
  const startedMs = performance.now();
  if (options.file !== null) tryFile(options.file, tally);
  else {
    tryNamedCases(tally);
    await trySeeds(options, tally, stop);
    if (options.mutants) await tryMutants(options, tally, stop);
  }
  summarize(tally, performance.now() - startedMs, options.json);
  if (tally.violations > 0) throw new CommandError('The simulation broke laws.');
  if (tally.mutantsCaught < tally.mutants) throw new CommandError('A mutant was not caught.');
});

function tryFile(file: string, tally: Tally): void {
  let read: FileScenario;
  try {
    read = readScenario(file);
  } catch (fault) {
    throw new CommandError(`Cannot read the scenario: ${(fault as Error).message}`);
  }
  const { kind, scenario } = read;
  tell(file, kind === 'playout' ? tryPlayout(scenario) : tryScenario(scenario), tally);
}

function tryNamedCases(tally: Tally): void {
  for (const { name, scenario } of readNamedCases())
    tell(`case ${name}`, tryScenario(scenario), tally);
}

function tell(name: string, { violations, simulatedMs }: Outcome, tally: Tally): void {
  tally.runs++;
  tally.simulatedMs += simulatedMs;
  tally.violations += violations.length;
  tellViolations(name, violations);
}

async function trySeeds(options: SimulateOptions, tally: Tally, stop: AbortSignal): Promise<void> {
  const { runs, seed, workers } = options;
  const failed: number[] = [];
  const failedPlayouts: number[] = [];
  let toldMs = performance.now();
  await tryOnThreads({
    mutant: null,
    tasks: [...seedTasks(seed, runs), ...playoutTasks(seed, runs)],
    workers,
    stop,
    result: (result) => {
      tally.runs++;
      tally.simulatedMs += result.simulatedMs;
      tally.violations += result.violations.length;
      const { task } = result;
      if (result.violations.length > 0 && 'seed' in task) failed.push(task.seed);
      if (result.violations.length > 0 && 'playoutSeed' in task)
        failedPlayouts.push(task.playoutSeed);
      if (performance.now() - toldMs >= PROGRESS_MS) {
        toldMs = performance.now();
        console.error(progress(tally, 2 * runs));
      }
      return false;
    },
  });
  showFailures('seed', failed, showFailure);
  showFailures('playout seed', failedPlayouts, showPlayoutFailure);
}

function showFailures(name: string, failed: number[], show: (seed: number) => void): void {
  failed.sort((one, other) => one - other);
  for (const each of failed.slice(0, SHOWN_FAILURES)) show(each);
  const others = failed.slice(SHOWN_FAILURES);
  if (others.length > 0) console.error(`Failed, too, ${name}: ${others.join(', ')}`);
}

function progress(tally: Tally, runs: number): string {
  const minutes = (tally.simulatedMs / 60_000).toFixed(0);
  return `${tally.runs} of ${runs} runs, ${minutes} conversation-minutes, ${tally.violations} violations`;
}

/** Says what a seed breaks, and makes its scenario as small as it can be. */
function showFailure(seed: number): void {
  const scenario = drawScenario(seed);
  const { violations } = tryScenario(scenario);
  tellViolations(`seed ${seed}`, violations);
  const law = violations[0]?.law;
  if (law === undefined) return;
  const fails = (smaller: Scenario): boolean =>
    tryScenario(smaller).violations.some((violation) => violation.law === law);
  const smallest = shrink(scenario, fails);
  tellViolations('made smaller', tryScenario(smallest).violations);
  console.error(JSON.stringify(smallest));
}

/** The same for a stream through a jitter buffer. */
function showPlayoutFailure(seed: number): void {
  const scenario = drawPlayoutScenario(seed);
  const { violations } = tryPlayout(scenario);
  tellViolations(`playout seed ${seed}`, violations);
  const law = violations[0]?.law;
  if (law === undefined) return;
  const fails = (plainer: PlayoutScenario): boolean =>
    tryPlayout(plainer).violations.some((violation) => violation.law === law);
  const smallest = smallestOf(scenario, plainerPlayouts, fails);
  tellViolations('made smaller', tryPlayout(smallest).violations);
  console.error(JSON.stringify(smallest));
}

function tellViolations(name: string, violations: readonly Violation[]): void {
  for (const { law, atMs, sentence } of violations.slice(0, 3))
    console.error(`${name}: ${law} at ${atMs} ms: ${sentence}\n  (${LAWS[law]})`);
}

async function tryMutants(
  { runs, seed, workers }: SimulateOptions,
  tally: Tally,
  stop: AbortSignal,
): Promise<void> {
  const cases = readNamedCases().map(({ name }) => ({ name }));
  const conversations = [...cases, ...seedTasks(seed, runs - cases.length)];
  const streams = playoutTasks(seed, runs);
  for (const { name, world } of MUTANTS) {
    if (stop.aborted) return;
    let caught: string | null = null;
    let tried = 0;
    await tryOnThreads({
      mutant: name,
      tasks: world === 'playout' ? streams : conversations,
      workers,
      stop,
      result: ({ violations, simulatedMs, task }) => {
        tried++;
        tally.simulatedMs += simulatedMs;
        const [violation] = violations;
        if (violation !== undefined)
          caught ??= `${nameOf(task)}: ${violation.law}, ${violation.sentence}`;
        return violation !== undefined;
      },
    });
    tally.runs += tried;
    tally.mutants++;
    if (caught !== null) tally.mutantsCaught++;
    const verdict = caught === null ? `NOT caught in ${tried} runs` : `caught, ${oneLine(caught)}`;
    console.error(`${name}: ${verdict}`);
  }
}

function nameOf(task: Task): string {
  if ('seed' in task) return `seed ${task.seed}`;
  return 'name' in task ? task.name : `playout seed ${task.playoutSeed}`;
}

function oneLine(text: string): string {
  return text.split('\n')[0]!.slice(0, 160);
}

function summarize(tally: Tally, wallMs: number, json: boolean): void {
  const conversationMinutes = Math.round(tally.simulatedMs / 600) / 100;
  const perMinute = Math.round(tally.simulatedMs / wallMs);
  const { runs, violations, mutants, mutantsCaught } = tally;
  if (json) {
    const result = { runs, violations, conversationMinutes, mutantsCaught, mutants };
    console.log(JSON.stringify({ ...result, conversationMinutesPerMinute: perMinute }));
    return;
  }
  console.log(`${runs} runs, ${conversationMinutes} conversation-minutes (${perMinute} a minute)`);
  console.log(`${violations} violations`);
  if (mutants > 0) console.log(`${mutantsCaught} of ${mutants} mutants caught`);
}
