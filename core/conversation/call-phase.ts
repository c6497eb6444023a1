// How far a call has come, and the deadlines that end it.

import { unreachable } from '../unreachable.ts';
import type { ConversationConfig } from './config.ts';

/** Times are ms since the conversation began. */
export type CallPhase =
  /** No client has come yet. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'active'; readonly sinceMs: number }
  /** Ends when the last word was heard. */
  | {
      readonly kind: 'draining';
      readonly sinceMs: number;
      readonly reason: string;
      /** Where the caller goes on to. */
      readonly transfer?: string | undefined;
    }
  | {
      readonly kind: 'ended';
      readonly reason: string;
      /** Where the caller goes on to. */
      readonly transfer?: string | undefined;
    };

/** When the call ends by itself: at its maximum length, or when nobody was there for too long. */
export function callDeadlineMs(
  phase: CallPhase,
  absentSinceMs: number | null,
  config: ConversationConfig,
): number {
  const idleMs =
    absentSinceMs === null ? Number.POSITIVE_INFINITY : absentSinceMs + config.idleTimeoutMs;
  switch (phase.kind) {
    case 'waiting':
      return idleMs;
    case 'active':
      return Math.min(idleMs, phase.sinceMs + config.maximumCallMs);
    case 'draining': {
      // The last word waits for a listener as a turn waits for its speaker.
      const graceMs =
        absentSinceMs === null ? Number.POSITIVE_INFINITY : absentSinceMs + config.resumeGraceMs;
      return Math.min(graceMs, phase.sinceMs + config.maximumCallMs);
    }
    case 'ended':
      return Number.POSITIVE_INFINITY;
    default:
      return unreachable(phase);
  }
}
