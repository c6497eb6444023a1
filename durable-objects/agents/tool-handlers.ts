// The tools that answer in this Worker itself. To add one of your own: give it an entry here, and declare it to the agent without a `url`.

/** Answers one call with a value for the model; what it throws becomes a failed call. `signal` aborts when it takes too long. */
export type ToolHandler = (
  args: unknown,
  call: { readonly conversation: string; readonly signal: AbortSignal },
) => unknown;

export const TOOL_HANDLERS: Readonly<Record<string, ToolHandler>> = {
  /** Tells the time, for agents that know no clock. */
  current_time: () => ({ utc: new Date().toISOString() }),
};
