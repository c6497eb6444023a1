// Keeps an agent's faults away from the conversation: what it throws is told, and the call goes on.

import type {
  Agent,
  AgentHost,
  AudioGap,
  Heard,
  TurnEnd,
  TurnStart,
} from '../../core/conversation/agent.ts';
import { logFault } from '../runtime/log.ts';
import { TracedHost } from './traced-host.ts';

/** An agent that fails with every frame is told of, and ticked, no more than once in this time. */
const QUIET_MS = 1000;

/**
 * Calls an agent and catches what it throws; the caller is told that the agent has failed, and the log says why. What the
 * conversation itself throws through the agent goes on its way: its state cannot be trusted after that.
 */
export class GuardedAgent implements Agent {
  readonly #agent: Agent;
  #host: TracedHost | null = null;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #ticksFromMs = Number.NEGATIVE_INFINITY;

  /** Only where the agent has them: the conversation asks less of storage, and refuses more, without. */
  readonly sayText?: NonNullable<Agent['sayText']>;
  readonly stored?: NonNullable<Agent['stored']>;
  readonly userIdle?: NonNullable<Agent['userIdle']>;

  constructor(agent: Agent) {
    this.#agent = agent;
    if (agent.sayText !== undefined) {
      this.sayText = (text, options, nowMs) =>
        this.#guard('sayText', nowMs, () => agent.sayText?.(text, options, nowMs));
    }
    if (agent.stored !== undefined) {
      this.stored = (nowMs) => this.#guard('stored', nowMs, () => agent.stored?.(nowMs));
    }
    if (agent.userIdle !== undefined) {
      this.userIdle = (idleMs, nowMs) =>
        this.#guard('userIdle', nowMs, () => agent.userIdle?.(idleMs, nowMs));
    }
  }

  get hears(): Agent['hears'] {
    return this.#agent.hears;
  }

  get name(): string {
    return this.#agent.name;
  }

  get nextDeadlineMs(): number {
    return Math.max(this.#agent.nextDeadlineMs, this.#ticksFromMs);
  }

  open(host: AgentHost, nowMs: number): void {
    const traced = new TracedHost(host);
    this.#host = traced;
    this.#guard('open', nowMs, () => this.#agent.open(traced, nowMs));
  }

  turnStarted(start: TurnStart, nowMs: number): void {
    this.#guard('turnStarted', nowMs, () => this.#agent.turnStarted(start, nowMs));
  }

  /** The one call that comes with every frame, so it makes no closure. */
  audio(fromSample: number, samples: Int16Array, nowMs: number): void {
    try {
      this.#agent.audio(fromSample, samples, nowMs);
    } catch (fault) {
      this.#failed('audio', nowMs, fault);
    }
  }

  turnEnded(end: TurnEnd, nowMs: number): void {
    this.#guard('turnEnded', nowMs, () => this.#agent.turnEnded(end, nowMs));
  }

  gap(gap: AudioGap, nowMs: number): void {
    this.#guard('gap', nowMs, () => this.#agent.gap?.(gap, nowMs));
  }

  text(text: string, nowMs: number): void {
    this.#guard('text', nowMs, () => this.#agent.text(text, nowMs));
  }

  interrupted(heard: Heard, nowMs: number): void {
    this.#guard('interrupted', nowMs, () => this.#agent.interrupted(heard, nowMs));
  }

  completed(heard: Heard, nowMs: number): void {
    this.#guard('completed', nowMs, () => this.#agent.completed(heard, nowMs));
  }

  tick(nowMs: number): void {
    if (nowMs < this.#ticksFromMs) return;
    // Stands if the tick throws: the agent's deadline has passed then, and would call it again at once, for ever.
    this.#ticksFromMs = nowMs + QUIET_MS;
    this.#guard('tick', nowMs, () => {
      this.#agent.tick(nowMs);
      this.#ticksFromMs = Number.NEGATIVE_INFINITY;
    });
  }

  /** Runs what the agent does outside its own methods. */
  outside(run: (nowMs: number) => void, nowMs: number): void {
    this.#guard('outside', nowMs, () => run(nowMs));
  }

  /** A state that cannot be saved counts as none. */
  save(): unknown {
    try {
      return this.#agent.save();
    } catch (fault) {
      logFault('agent-failed', fault, { agent: this.name, moment: 'save' });
      return null;
    }
  }

  restore(state: unknown, nowMs: number): void {
    this.#guard('restore', nowMs, () => this.#agent.restore(state, nowMs));
  }

  close(reason: string): void {
    this.#guard('close', Number.POSITIVE_INFINITY, () => this.#agent.close(reason));
  }

  #guard(moment: string, nowMs: number, call: () => void): void {
    try {
      call();
    } catch (fault) {
      this.#failed(moment, nowMs, fault);
    }
  }

  #failed(moment: string, nowMs: number, fault: unknown): void {
    if (this.#host?.hasThrown(fault)) throw fault;
    if (nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + QUIET_MS;
    logFault('agent-failed', fault, { agent: this.name, moment });
    this.#host?.fail('agent-failed', `The agent "${this.name}" failed.`);
  }
}
