// Reads a text message by a schema: a message, an unknown type, or a violation told in a sentence.

import * as v from 'valibot';

/** Outcome of reading one text message. Unknown types are ignored and counted, so that version 1 can grow. */
export type Parsed<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'unknown-type' }
  | { readonly kind: 'invalid'; readonly sentence: string };

/** Characters of a refused value that a sentence quotes. */
const QUOTED_CHARACTERS = 60;

/** Reads a text by a schema whose variants are told apart by `type`. Never throws. */
export function readMessage<Message>(
  schema: v.GenericSchema<unknown, Message>,
  text: string,
): Parsed<Message> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'invalid', sentence: 'The message is not JSON.' };
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : null;
  if (typeof type !== 'string') {
    return { kind: 'invalid', sentence: 'The message has no "type".' };
  }
  const result = v.safeParse(schema, value);
  if (result.success) return { kind: 'message', message: result.output };
  const issue = result.issues[0];
  if (issue.type === 'variant' && v.getDotPath(issue) === 'type') return { kind: 'unknown-type' };
  return { kind: 'invalid', sentence: `"${type}" is not valid: ${fault(issue)}` };
}

function fault(issue: v.BaseIssue<unknown>): string {
  const field = `"${v.getDotPath(issue) ?? 'message'}"`;
  if (issue.received === 'undefined') return `${field} is missing.`;
  const received = issue.received.slice(0, QUOTED_CHARACTERS);
  const expected = issue.expected ?? issue.type.replaceAll('_', ' ');
  const unit = issue.type === 'max_length' ? ' characters' : '';
  return `${field} must be ${expected}${unit}, received ${received}.`;
}
