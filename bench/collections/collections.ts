// `npm run bench:collections`: how long garbage collection keeps frames waiting, in speech and in silence.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { type Column, decimals, textTable } from '../accuracy/text-table.ts';
import type { CallResult } from './call-result.ts';

const USAGE = 'Usage: npm run bench:collections -- [--minutes N] [--json]';
const PROGRAM = fileURLToPath(new URL('call-program.ts', import.meta.url));
const CALLS = ['isochron', 'naive'];

await runCommand(async (stop) => {
  const { minutes, json } = readOptions(process.argv.slice(2));
  const results: Record<string, CallResult> = {};
  for (const kind of CALLS) {
    process.stderr.write(`${kind}: a call of ${minutes} minutes …\n`);
    try {
      results[kind] = await runCall(kind, minutes, stop);
    } catch (fault) {
      if (stop.aborted) return;
      throw fault;
    }
  }
  console.log(json ? JSON.stringify(results) : reportAsText(results));
});

/** One call in a new process, with the engine's own choice of heap sizes. */
async function runCall(kind: string, minutes: number, stop: AbortSignal): Promise<CallResult> {
  const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, PROGRAM, kind, `${minutes}`],
    { signal: stop },
  );
  return JSON.parse(stdout) as CallResult;
}

function reportAsText(results: Readonly<Record<string, CallResult>>): string {
  const columns: Column<readonly [string, CallResult]>[] = [
    ['call', ([kind]) => kind],
    ['minutes', ([, { minutes }]) => `${minutes}`],
    ['turns', ([, { turns }]) => `${turns}`],
    ['of it speech', ([, { speechShare }]) => `${decimals(100 * speechShare, 0)} %`],
    ['collections in speech', ([, { speech }]) => `${speech.count}`],
    ['longest ms', ([, { speech }]) => decimals(speech.longestMs, 1)],
    ['total ms', ([, { speech }]) => decimals(speech.totalMs, 0)],
    ['in silence', ([, { silence }]) => `${silence.count}`],
    ['longest ms', ([, { silence }]) => decimals(silence.longestMs, 1)],
    ['total ms', ([, { silence }]) => decimals(silence.totalMs, 0)],
  ];
  return textTable(columns, Object.entries(results));
}

function readOptions(args: string[]): { minutes: number; json: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: 'string', default: '30' },
        json: { type: 'boolean', default: false },
      },
    });
    const minutes = Number(values.minutes);
    if (!(Number.isInteger(minutes) && minutes > 0 && minutes <= 600)) {
      throw new Error(
        `"--minutes" must be a whole number from 1 to 600, received "${values.minutes}"`,
      );
    }
    return { minutes, json: values.json };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${USAGE}`, 2);
  }
}
