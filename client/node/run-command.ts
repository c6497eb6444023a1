// Runs one command of the project: failures become a sentence and an exit code, Ctrl-C becomes a signal.

import { CommandError } from './command-error.ts';

/** 128 + SIGINT, the shells' convention. */
const INTERRUPTED = 130;

/**
 * Runs a command. `stop` is aborted by the first Ctrl-C (or SIGTERM), for the command to put away what it has opened;
 * a second one ends the process at once. A bug is not made pretty: it keeps its stack.
 */
export async function runCommand(run: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await run(stop.signal);
    process.exitCode = stop.signal.aborted ? INTERRUPTED : 0;
  } catch (fault) {
    if (!(fault instanceof CommandError)) throw fault;
    console.error(`isochron: ${fault.message}`);
    process.exitCode = stop.signal.aborted ? INTERRUPTED : fault.exitCode;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
