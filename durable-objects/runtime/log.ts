// Structured log lines: the only place that writes to the console.

/** Fields of a log line; no tokens, keys, audio or words of the parties. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Something that the operator should know and that harms no one yet. */
export function logNotice(event: string, fields: LogFields = {}): void {
  // biome-ignore lint/suspicious/noConsole: this is where log lines leave
  console.warn(JSON.stringify({ event, ...fields }));
}

/** A fault: with its stack, which clients never see. */
export function logFault(event: string, fault: unknown, fields: LogFields = {}): void {
  const detail = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  // biome-ignore lint/suspicious/noConsole: this is where log lines leave
  console.error(JSON.stringify({ event, ...fields, fault: detail }));
}
