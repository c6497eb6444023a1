// The CPU that another process has used, read from outside it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { CommandError } from '../../client/node/command-error.ts';

/** Throws CommandError with a sentence where the kernel does not account for threads in /proc. */
export function requireCpuAccounting(): void {
  if (existsSync('/proc/self/task') && existsSync('/proc/self/schedstat')) return;
  throw new CommandError(
    'Cannot measure: the CPU of workerd is read from /proc/<pid>/task/*/schedstat, which only Linux has.',
  );
}

/** Time that all threads of a process have spent on a processor, in µs; threads that have ended are not in it. */
export function processCpuUs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    // Time on a processor, time waiting for one (both in ns), and turns; Linux's sched-stats.rst.
    nanoseconds += Number(schedstat.split(' ')[0]);
  }
  return nanoseconds / 1000;
}
