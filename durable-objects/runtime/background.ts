// Work that nobody waits for, with a name for the log.

import { logFault } from './log.ts';
import { isTeardown } from './teardown.ts';

/** Sees to a promise that nobody awaits: a fault is logged, unless it only says that the object is shutting down. */
export function background(ctx: DurableObjectState, name: string, work: Promise<unknown>): void {
  ctx.waitUntil(
    work.catch((fault: unknown) => {
      if (!isTeardown(fault)) logFault('background-failed', fault, { work: name });
    }),
  );
}
