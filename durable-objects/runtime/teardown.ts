// Tells the end of a connection or of an object apart from a fault.

/** What the runtime says when the other side has left, or this side is being shut down. */
const TEARDOWN_PHRASES = [
  'after close',
  'WebSocket is already closed',
  'WebSocket disconnected',
  'Network connection lost',
  'The script will never generate a response',
  'Durable Object reset',
  'cannot access storage because object has moved',
] as const;

/** True for an error that only says that someone has gone. */
export function isTeardown(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false;
  return TEARDOWN_PHRASES.some((phrase) => fault.message.includes(phrase));
}
