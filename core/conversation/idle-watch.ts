// Tells the agent when nobody has said anything for a while.

import type { Downlink } from '../playout/downlink.ts';
import type { ServerMessage } from '../wire/messages.ts';
import type { Agent } from './agent.ts';
import type { ClientSide } from './client-side.ts';
import type { ConversationConfig } from './config.ts';
import type { Uplink } from './uplink.ts';

/** State of the watch. */
export interface IdleWatchSnapshot {
  readonly sinceMs?: number | undefined;
  readonly timesTold?: number | undefined;
}

/** Whether a message to the client says that somebody has come, or begins or ceases to speak. */
export function isStir({ type }: ServerMessage): boolean {
  return type === 'speech' || type === 'turn' || type === 'utterance' || type === 'welcome';
}

/**
 * Idle is a caller who is connected and silent while nothing is played and the agent owes no word. Silence counts from
 * the end of speech of either party, or from typed text or a greeting; it is told at each whole multiple of `userIdleMs`.
 * Nothing is looked at between one multiple and the next, so that a frame costs nothing.
 */
export class IdleWatch {
  readonly #agent: Agent;
  readonly #client: ClientSide;
  readonly #uplink: Uplink;
  readonly #downlink: Downlink;
  #intervalMs: number;
  #sinceMs = 0;
  #timesTold = 0;

  constructor(
    agent: Agent,
    client: ClientSide,
    uplink: Uplink,
    downlink: Downlink,
    config: ConversationConfig,
  ) {
    this.#agent = agent;
    this.#client = client;
    this.#uplink = uplink;
    this.#downlink = downlink;
    this.#intervalMs = config.userIdleMs;
  }

  configure(config: ConversationConfig): void {
    this.#intervalMs = config.userIdleMs;
  }

  /** Somebody stirs. */
  active(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#timesTold = 0;
  }

  /** When the agent may have to be told; Infinity while nobody is there, or nobody wants to know. */
  get nextDeadlineMs(): number {
    const isWanted = this.#intervalMs > 0 && this.#agent.userIdle !== undefined;
    if (!isWanted || !this.#client.here) return Number.POSITIVE_INFINITY;
    return this.#sinceMs + (this.#timesTold + 1) * this.#intervalMs;
  }

  /** True when the agent was told. */
  tick(nowMs: number): boolean {
    if (nowMs < this.nextDeadlineMs) return false;
    if (this.#uplink.hears || !this.#downlink.idle) {
      this.active(nowMs);
      return false;
    }
    const idleMs = nowMs - this.#sinceMs;
    this.#timesTold = Math.floor(idleMs / this.#intervalMs);
    this.#agent.userIdle?.(idleMs, nowMs);
    return true;
  }

  snapshot(): IdleWatchSnapshot {
    return { sinceMs: this.#sinceMs, timesTold: this.#timesTold };
  }

  restore(snapshot: IdleWatchSnapshot): void {
    this.#sinceMs = snapshot.sinceMs ?? 0;
    this.#timesTold = snapshot.timesTold ?? 0;
  }
}
