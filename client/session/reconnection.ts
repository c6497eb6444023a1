// What a client does after its connection was lost, and when.

import { type CloseAction, closeAction } from '../../core/wire/close-codes.ts';

/** Longest wait before the first attempt; it doubles with every further one. */
const FIRST_WAIT_MS = 200;

/** Longest wait while a service may come back any moment, as after a deploy. */
const HOPEFUL_WAIT_MS = 1000;

/** For so long attempts are that frequent. */
const HOPEFUL_MS = 30_000;

/** Longest wait after that. */
const PATIENT_WAIT_MS = 10_000;

/** `retry`: connect again; `refresh-token`: with the resume token or a new one; `give-up`: tell the user. */
export interface Reconnection {
  readonly action: CloseAction;
  /** Wait before connecting; 0 for `give-up`. */
  readonly afterMs: number;
}

/**
 * `attempt` counts the attempts since the last welcome, from 1 on; the first connection was lost `lostForMs` ago. A wait is
 * anything from 0 to its longest, by `seed` (any number of the client's own), so that a service that comes back is not met by all
 * clients at once ("full jitter", Brooker 2015).
 */
export function reconnection(
  code: number,
  attempt: number,
  lostForMs: number,
  seed: number,
): Reconnection {
  const action = closeAction(code);
  if (action === 'give-up') return { action, afterMs: 0 };
  const longestMs =
    lostForMs < HOPEFUL_MS
      ? Math.min(HOPEFUL_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))
      : PATIENT_WAIT_MS;
  // Knuth's multiplicative hash: 2³² divided by the golden ratio.
  const share = (Math.imul(seed + attempt, 0x9e37_79b1) >>> 0) / 2 ** 32;
  return { action, afterMs: longestMs * share };
}
