// What the command line of `bench:browser` says.

import { parseArgs } from 'node:util';
import { usageError } from '../../client/node/usage-error.ts';

export const HELP = `Measures calls in a real browser.

  npm run bench:browser [-- options]

  --minutes M          length of the call with the parrot (default: 10); interruptions take another third of it
  --control            spoils everything that is measured, and fails when a number does not show it (3 min)
  --json               the last line is the result as JSON
  --help               this text`;

/** All four turns of the recording, once. */
export const LEAST_MINUTES = 0.7;

/** Longer than anybody talks. */
const MOST_MINUTES = 600;

export interface BrowserOptions {
  readonly minutes: number;
  readonly control: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** Throws CommandError with exit code 2. */
export function browserOptions(args: readonly string[]): BrowserOptions {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        control: flag,
        json: flag,
        help: flag,
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES))
      throw new Error(
        `"--minutes" must be a number from ${LEAST_MINUTES} to ${MOST_MINUTES}, received "${values.minutes}"`,
      );
    return { ...values, minutes };
  } catch (fault) {
    throw usageError(fault);
  }
}
