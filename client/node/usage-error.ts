// A command line that cannot be understood.

import { CommandError } from './command-error.ts';

/** `reason` may be what node:util's parseArgs has thrown, whose first sentence is enough. */
export function usageError(reason: unknown): CommandError {
  const words = reason instanceof Error ? reason.message : String(reason);
  const sentence = words.split('. ')[0]!.replace(/\.$/, '');
  return new CommandError(
    `The command cannot be understood: ${sentence}. Add --help to learn what it takes.`,
    2,
  );
}
