// What a benchmark over labelled recordings is told on its command line.

import { parseArgs } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';

/** Where the recordings are, and whether the result is wanted as JSON. */
export interface BenchOptions {
  readonly dataFolder: string;
  readonly json: boolean;
}

/** Throws CommandError with a sentence when the command line cannot be understood. */
export function readBenchOptions(command: string, args: string[]): BenchOptions {
  const usage = `Usage: npm run ${command} -- --data DIR [--json]`;
  try {
    const { values } = parseArgs({
      args,
      options: { data: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    if (values.data === undefined) throw new Error('a folder of labelled recordings is needed');
    return { dataFolder: values.data, json: values.json };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${usage}`, 2);
  }
}
