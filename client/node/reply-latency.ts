// How long each turn waited for its answer to sound.

import type { TimelineEvent } from './timeline-event.ts';

/** A turn that was answered, in ms of the call. */
export interface Reply {
  readonly turn: number;
  /** When the turn's last speech sample left the client. */
  readonly leftAtMs: number;
  /** When the answer's first audible sample sounded. */
  readonly audibleAtMs: number;
}

/**
 * The turns that were answered. The answer is what becomes audible first after the turn's last speech sample left,
 * unless the caller has ended another turn by then. The order in which the server told of either does not matter.
 */
export function replies(events: readonly TimelineEvent[]): Reply[] {
  const turns = events.filter((event) => event.kind === 'turn-ended');
  const sounds = events.filter((event) => event.kind === 'utterance-audible');
  return turns.flatMap(({ turn, leftAtMs }, index) => {
    const nextLeftAtMs = turns[index + 1]?.leftAtMs ?? Number.POSITIVE_INFINITY;
    const answer = sounds.find(({ atMs }) => atMs >= leftAtMs && atMs < nextLeftAtMs);
    return answer === undefined ? [] : [{ turn, leftAtMs, audibleAtMs: answer.atMs }];
  });
}

/** For each turn that was answered: how long it waited, in ms. */
export function replyLatenciesMs(events: readonly TimelineEvent[]): number[] {
  return replies(events).map(({ leftAtMs, audibleAtMs }) => audibleAtMs - leftAtMs);
}
