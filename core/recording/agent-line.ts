// The lines of a timeline that tell of the agent's own doings, which the client does not hear of.

import * as v from 'valibot';

const atMs = v.pipe(v.number(), v.finite());

/** A tool of the agent's was called, or has ended. */
const tool = v.object({
  type: v.literal('tool'),
  atMs,
  name: v.string(),
  state: v.picklist(['called', 'answered', 'failed', 'cancelled']),
});

/** What answering has cost since the line before, in the vendor's units. */
const usage = v.object({
  type: v.literal('usage'),
  atMs,
  amounts: v.record(v.string(), v.number()),
});

/** The agent hands the caller on, after its last word. */
const transfer = v.object({ type: v.literal('transfer'), atMs, destination: v.string() });

export const AGENT_LINES = [tool, usage, transfer] as const;
