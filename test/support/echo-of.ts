// An echo as an engine sends it whose clock is the client's.

import type { Echo } from '../../core/wire/messages.ts';

/** The echo leaves with its packet, which came at `cameMs`. */
export function echoOf(sequence: number, cameMs = 0, changes: Partial<Echo> = {}): Echo {
  const times = { clockMs: cameMs, heldMs: 0, backlogMs: 0, lateMs: 0 };
  return { type: 'echo', sequence, ...times, latest: null, earliest: null, ...changes };
}
