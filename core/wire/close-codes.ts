// Why a connection is closed, and what its client does then.

/** What a client does when its connection was closed. */
export type CloseAction =
  /** Connects again, with `resume`, after a growing wait. */
  | 'retry'
  /** Connects again with the resume token of the last `welcome`, or with a new token. */
  | 'refresh-token'
  /** Tells its user; connecting again would end the same way. */
  | 'give-up';

/** One reason to close a connection. */
export interface CloseCode {
  /** 4000 … 4999 are free for applications (RFC 6455 §7.4.2). */
  readonly code: number;
  readonly action: CloseAction;
  /** Sent as the reason: at most 123 bytes (RFC 6455 §5.5). */
  readonly sentence: string;
}

/** The codes with which the service closes a connection; 44xx and 45xx follow the HTTP status codes they resemble. */
export const CLOSE_CODES = {
  violation: { code: 4400, action: 'give-up', sentence: 'The client broke the protocol.' },
  unauthorized: {
    code: 4401,
    action: 'refresh-token',
    sentence: 'The token is missing, wrong or expired.',
  },
  forbidden: { code: 4403, action: 'give-up', sentence: 'The token does not allow this.' },
  'unknown-conversation': {
    code: 4404,
    action: 'give-up',
    sentence: 'There is no such conversation.',
  },
  'hello-timeout': {
    code: 4408,
    action: 'retry',
    sentence: 'The client did not say hello in time.',
  },
  replaced: {
    code: 4409,
    action: 'give-up',
    sentence: 'A newer connection took over this conversation.',
  },
  ended: { code: 4410, action: 'give-up', sentence: 'The conversation has ended.' },
  'too-large': { code: 4413, action: 'give-up', sentence: 'A message was too large.' },
  'unsupported-format': {
    code: 4415,
    action: 'give-up',
    sentence: 'The audio format is not supported.',
  },
  'too-fast': { code: 4429, action: 'retry', sentence: 'The client sent more than its budget.' },
  failure: { code: 4500, action: 'retry', sentence: 'The service failed.' },
  restarting: { code: 4503, action: 'retry', sentence: 'The service is restarting.' },
} as const satisfies Record<string, CloseCode>;

export type CloseName = keyof typeof CLOSE_CODES;

const ACTIONS: ReadonlyMap<number, CloseAction> = new Map<number, CloseAction>([
  ...Object.values(CLOSE_CODES).map(({ code, action }) => [code, action] as const),
  // RFC 6455 §7.4.1 and the IANA registry. 1000 is what a finished conversation looks like through a proxy.
  [1000, 'give-up'],
  [1002, 'give-up'],
  [1003, 'give-up'],
  [1007, 'give-up'],
  [1008, 'give-up'],
  [1009, 'give-up'],
  [1010, 'give-up'],
]);

/**
 * What a client does after its connection was closed with this code. A code without an entry means that the network,
 * a proxy or the runtime failed (1001, 1005, 1006, 1011, 1012 … 1015, anything unknown): retry.
 */
export function closeAction(code: number): CloseAction {
  return ACTIONS.get(code) ?? 'retry';
}
