// What a client does after its connection was lost, and when.

import { type CloseAction, closeAction } from '../../core/wire/close-codes.ts';

/** Wait before the second attempt; it doubles with every further one. */
const FIRST_WAIT_MS = 250;

/** Longest wait: a service that is back is found within it. */
const LONGEST_WAIT_MS = 5000;

/** `retry`: connect again; `refresh-token`: with the resume token or a new one; `give-up`: tell the user. */
export interface Reconnection {
  readonly action: CloseAction;
  /** Wait before connecting; 0 at the first attempt, and for `give-up`. */
  readonly afterMs: number;
}

/**
 * `attempt` counts the connections lost since the last welcome, from 1 on. Waits differ from client to client by up to
 * a half (by `seed`, any number of its own), so that a service that comes back is not met by all of them at once.
 */
export function reconnection(code: number, attempt: number, seed: number): Reconnection {
  const action = closeAction(code);
  if (action === 'give-up' || attempt <= 1) return { action, afterMs: 0 };
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 2));
  // Knuth's multiplicative hash: 2³² divided by the golden ratio.
  const share = (Math.imul(seed + attempt, 0x9e37_79b1) >>> 0) / 2 ** 32;
  return { action, afterMs: waitMs * (1 - share / 2) };
}
