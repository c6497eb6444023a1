// The command line of `npm run demo`.

import { parseArgs } from 'node:util';
import { usageError } from './usage-error.ts';

export const DEMO_HELP = `Starts the service, holds a spoken conversation with it in real time, and stops it.

  npm run demo [-- options]

  --json               the last line is the summary as JSON
  --burn MS            shows an underrun: the service computes for MS milliseconds each second while
                       its lead is only 40 ms
  --picture FILE.svg   draws the conversation on a time axis
  --help               this text

What the caller heard is written to reply.wav. Ctrl-C stops everything.`;

export interface DemoOptions {
  readonly json: boolean;
  /** How long the isolate computes each second, null for not at all. */
  readonly burnMs: number | null;
  /** Where the picture of the call goes, null for nowhere. */
  readonly picturePath: string | null;
}

/** A service that burns accepts this much. */
const LONGEST_BURN_MS = 1000;

/** Reads the arguments; null when help is asked for. Throws CommandError with exit code 2. */
export function readDemoOptions(args: readonly string[]): DemoOptions | null {
  const { json, burn, picture, help } = parse(args);
  if (help) return null;
  const burnMs = burn === undefined ? null : Number(burn);
  if (burnMs !== null && !(Number.isInteger(burnMs) && burnMs > 0 && burnMs <= LONGEST_BURN_MS)) {
    throw usageError(
      `"--burn" must be a whole number of ms from 1 to ${LONGEST_BURN_MS}, received "${burn}"`,
    );
  }
  return { json, burnMs, picturePath: picture ?? null };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        burn: { type: 'string' },
        picture: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (fault) {
    throw usageError(fault);
  }
}
