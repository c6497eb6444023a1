// Makes an agent out of the few moments that matter to it, so that an agent of one's own takes a dozen lines.

import type { Agent, AgentHost, Heard, TurnEnd, TurnStart } from '../../core/conversation/agent.ts';

/** What an agent does at each moment; a moment that is left out passes in silence. See Agent for their meaning. */
export interface AgentMoments {
  /** Once for the whole conversation, and not again after its memory was lost: the place for a greeting. */
  opened?(host: AgentHost, nowMs: number): void;
  turnStarted?(host: AgentHost, start: TurnStart, nowMs: number): void;
  audio?(host: AgentHost, fromSample: number, samples: Int16Array, nowMs: number): void;
  turnEnded?(host: AgentHost, end: TurnEnd, nowMs: number): void;
  text?(host: AgentHost, text: string, nowMs: number): void;
  interrupted?(host: AgentHost, heard: Heard, nowMs: number): void;
  completed?(host: AgentHost, heard: Heard, nowMs: number): void;
  closed?(reason: string): void;
}

/** What is saved once `opened` has been called. */
const OPENED = 'opened';

/** An agent without timers and without a memory that must survive: for those, implement Agent. */
export function agentFrom(name: string, moments: AgentMoments): Agent {
  let host: AgentHost | null = null;
  let isOpened = moments.opened === undefined;
  let nextDeadlineMs = Number.POSITIVE_INFINITY;
  const at = (moment: (to: AgentHost) => void): void => {
    if (host !== null) moment(host);
  };
  return {
    name,
    get nextDeadlineMs() {
      return nextDeadlineMs;
    },
    open(opened, nowMs) {
      host = opened;
      // Not told here: a saved state may follow, which says that it was told long ago.
      if (!isOpened) nextDeadlineMs = nowMs;
    },
    tick(nowMs) {
      nextDeadlineMs = Number.POSITIVE_INFINITY;
      if (isOpened) return;
      isOpened = true;
      at((to) => moments.opened?.(to, nowMs));
    },
    turnStarted: (start, nowMs) => at((to) => moments.turnStarted?.(to, start, nowMs)),
    audio: (from, samples, nowMs) => at((to) => moments.audio?.(to, from, samples, nowMs)),
    turnEnded: (end, nowMs) => at((to) => moments.turnEnded?.(to, end, nowMs)),
    text: (text, nowMs) => at((to) => moments.text?.(to, text, nowMs)),
    interrupted: (heard, nowMs) => at((to) => moments.interrupted?.(to, heard, nowMs)),
    completed: (heard, nowMs) => at((to) => moments.completed?.(to, heard, nowMs)),
    save: () => (isOpened ? OPENED : null),
    restore(state) {
      if (state !== OPENED) return;
      isOpened = true;
      nextDeadlineMs = Number.POSITIVE_INFINITY;
    },
    close: (reason) => moments.closed?.(reason),
  };
}
