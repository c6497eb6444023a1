// How long each turn waited for its answer to sound.

import type { TimelineEvent } from './timeline-event.ts';

/**
 * For each turn that was answered: from its last speech sample leaving the client to the first audible sample of the
 * answer, in ms. The answer is what becomes audible first after the turn, unless the caller has ended another turn by
 * then. The order in which the server told of either does not matter.
 */
export function replyLatenciesMs(events: readonly TimelineEvent[]): number[] {
  const turns = events.filter((event) => event.kind === 'turn-ended');
  const sounds = events.filter((event) => event.kind === 'utterance-audible');
  return turns.flatMap(({ leftAtMs }, index) => {
    const nextLeftAtMs = turns[index + 1]?.leftAtMs ?? Number.POSITIVE_INFINITY;
    const answer = sounds.find(({ atMs }) => atMs >= leftAtMs && atMs < nextLeftAtMs);
    return answer === undefined ? [] : [answer.atMs - leftAtMs];
  });
}
