// What `npm run simulate` is told on its command line.

import { parseArgs } from 'node:util';
import { CommandError } from '../client/node/command-error.ts';

export interface SimulateOptions {
  readonly runs: number;
  readonly seed: number;
  readonly workers: number;
  readonly json: boolean;
  readonly mutants: boolean;
  /** A file with one scenario to be run alone. */
  readonly file: string | null;
}

/** Two cores: more would wait for each other. */
const WORKERS = 2;
const RUNS = 500;
/** Each mutant is to be caught within these. */
const MUTANT_RUNS = 200;

const USAGE =
  'Usage: npm run simulate [-- --runs N --seed S --workers W --json] | -- --mutants [--runs N --seed S --workers W --json] | -- --file SCENARIO.json [--json]';

/** Throws CommandError with a sentence when the command line cannot be understood. */
export function readSimulateOptions(args: string[]): SimulateOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        workers: { type: 'string' },
        json: { type: 'boolean', default: false },
        mutants: { type: 'boolean', default: false },
        file: { type: 'string' },
      },
    });
    return {
      runs: wholeNumber('runs', values.runs, 1, values.mutants ? MUTANT_RUNS : RUNS),
      seed: wholeNumber('seed', values.seed, 0, 1),
      workers: wholeNumber('workers', values.workers, 1, WORKERS),
      json: values.json,
      mutants: values.mutants,
      file: values.file ?? null,
    };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${USAGE}`, 2);
  }
}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  otherwise: number,
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number from ${least} on, received "${text}"`);
  return value;
}
