// The tools of an agent, as a developer declares them.

import * as v from 'valibot';

/** Vendors refuse longer ones, and other characters. */
const TOOL_NAME = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/));

const TOOL = v.strictObject({
  name: TOOL_NAME,
  /** For the model: what it does, and when to call it. */
  description: v.pipe(v.string(), v.maxLength(2000)),
  /** JSON schema of the arguments; left out for none. */
  parameters: v.optional(v.record(v.string(), v.unknown()), { type: 'object', properties: {} }),
  /** Where calls are sent. Without it a handler of this name must be registered in tool-handlers.ts. */
  url: v.optional(v.pipe(v.string(), v.url(), v.maxLength(2000))),
  /** How long an answer may take. */
  timeoutMs: v.optional(v.pipe(v.number(), v.minValue(100), v.maxValue(60_000)), 10_000),
});

export type Tool = v.InferOutput<typeof TOOL>;

/** The option `tools` of every agent whose model calls tools. */
export const TOOLS_OPTION = v.optional(v.pipe(v.array(TOOL), v.maxLength(64)), []);
