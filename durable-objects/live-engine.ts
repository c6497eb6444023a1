// The engine of a conversation while it is in memory: taken up, called in events, put to rest, and given up when it fails.

import type { Conversation } from '../core/conversation/conversation.ts';
import type { Watch } from '../core/observation/watch.ts';
import { makeEngine } from './engine.ts';
import type { Alarms } from './runtime/alarms.ts';
import type { ConversationStore } from './runtime/conversation-store.ts';
import { DeadlineTimer } from './runtime/deadline-timer.ts';
import type { LagCanary } from './runtime/lag-canary.ts';
import { logFault } from './runtime/log.ts';
import type { RowMeter } from './runtime/row-meter.ts';
import type { SocketLinks } from './runtime/socket-links.ts';
import { isTeardown } from './runtime/teardown.ts';

/** After a fault, the conversation is taken up again from its checkpoint when a client comes, or after this long. */
const RECOVERY_MS = 30_000;

/**
 * While a timer is pending, an alarm stands behind it and behind the next flush: at the first multiple of this that is
 * no nearer than the flush can be. Twice a minute, however often something is flushed.
 */
const SAFETY_NET_MS = 30_000;
const LONGEST_FLUSH_MS = 5000;

/** The deadlines that an engine has. */
export type EngineAlarm = 'engine' | 'flush' | 'retention';

/** Whoever looks on from outside. */
export interface AudiencePort {
  readonly watch: Watch;
  /** An event has done all that follows from it; `isResting` when no other may follow soon. */
  eventDone(engine: Conversation, nowMs: number, isResting: boolean): void;
}

export interface LiveEnginePorts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly store: ConversationStore;
  readonly meter: RowMeter;
  readonly links: SocketLinks;
  readonly canary: LagCanary;
  readonly alarms: Pick<Alarms<EngineAlarm>, 'want' | 'settle'>;
  readonly audience: AudiencePort;
  /** The call is over; may be called again. */
  readonly over: (engine: Conversation, nowMs: number) => void;
}

/** A fault in an event costs the memory, never the conversation: the engine goes on from its last checkpoint. */
export class LiveEngine {
  readonly #ports: LiveEnginePorts;
  readonly #timer = new DeadlineTimer(() => this.event('timer', tick));
  #engine: Conversation | null = null;
  /** Aborted with the engine that it was made for. */
  #gone = new AbortController();
  /** Nothing is due soon, and the last checkpoint tells all. */
  #isResting = false;

  constructor(ports: LiveEnginePorts) {
    this.#ports = ports;
  }

  /** Null before the first client, and after a fault. */
  get current(): Conversation | null {
    return this.#engine;
  }

  /** The call has ended. */
  get isOver(): boolean {
    return this.#engine !== null && hasEnded(this.#engine);
  }

  /** Makes the engine out of what is stored, unless it is there, and tells a client that is still connected. */
  takeUp(nowMs: number): void {
    if (this.#engine !== null) return;
    const { store, links, audience } = this.#ports;
    const { creation, checkpoint } = store;
    if (creation === null) return;
    try {
      const event = (moment: string, run: (engine: Conversation, nowMs: number) => void): void =>
        this.event(moment, run);
      this.#gone.abort();
      this.#gone = new AbortController();
      const { signal: gone } = this.#gone;
      const { watch } = audience;
      const engine = makeEngine(creation, { ...this.#ports, watch, gone, event }, nowMs);
      const link = links.keepNewest();
      if (checkpoint !== null) {
        engine.restore(checkpoint, link?.connection ?? 0, link);
        engine.wake(nowMs);
        links.answer(engine, nowMs);
      } else if (link !== null) engine.connect(link.connection, link, nowMs);
      this.#engine = engine;
      // Nothing has happened to a new one, and something is about to.
      if (checkpoint !== null || link !== null) this.#rest(engine, nowMs);
    } catch (fault) {
      this.#fail('take-up', fault, nowMs);
    }
  }

  /** Runs one event: the clock is read here, and nowhere further in. */
  event(moment: string, run: (engine: Conversation, nowMs: number) => void): void {
    const engine = this.#engine;
    if (engine === null) return;
    const nowMs = Date.now();
    this.#ports.canary.began(moment, nowMs);
    try {
      run(engine, nowMs);
      this.#ports.links.answer(engine, nowMs);
      this.#rest(engine, nowMs);
    } catch (fault) {
      this.#fail(moment, fault, nowMs);
    }
  }

  /** A deadline has come: the engine finds out which. */
  wake(): void {
    this.event('alarm', tick);
  }

  /** Says once more when the engine is to be woken. */
  wantAlarms(nowMs: number): void {
    const engine = this.#engine;
    if (engine === null) return;
    const { alarms, store } = this.#ports;
    // Timers die with the memory, so an alarm stands behind each.
    const isAwake = this.#timer.isPending;
    const deadlineMs = this.#deadlineMs(engine);
    alarms.want('engine', isAwake ? safetyNetMs(nowMs + LONGEST_FLUSH_MS) : deadlineMs);
    alarms.want('flush', safetyNetMs(engine.flushDeadlineMs));
    // A conversation that is over can be read until no token opens it any more.
    alarms.want('retention', hasEnded(engine) ? store.tokensExpireMs : Number.POSITIVE_INFINITY);
  }

  /** Forgets the engine: its storage is, or will be, gone. */
  drop(): void {
    this.#engine = null;
    this.#gone.abort();
    this.#timer.arm(Number.POSITIVE_INFINITY, 0);
  }

  /** When the engine, or the link that speaks to it, has something to do. */
  #deadlineMs(engine: Conversation): number {
    if (hasEnded(engine)) return Number.POSITIVE_INFINITY;
    return Math.min(engine.nextDeadlineMs, this.#ports.links.nextDeadlineMs);
  }

  /** Sees to the next deadline. An object with none soon may lose its memory, so it leaves a checkpoint. */
  #rest(engine: Conversation, nowMs: number): void {
    this.#timer.arm(this.#deadlineMs(engine), nowMs);
    const isResting = !this.#timer.isPending;
    const isFallingAsleep = isResting && !this.#isResting;
    if (isFallingAsleep) engine.store(nowMs);
    this.#isResting = isResting;
    this.wantAlarms(nowMs);
    if (hasEnded(engine)) this.#ports.over(engine, nowMs);
    this.#ports.alarms.settle(nowMs, isFallingAsleep);
    this.#ports.audience.eventDone(engine, nowMs, isResting);
  }

  /** The engine's memory cannot be trusted any more: its client comes back to what the last checkpoint says. */
  #fail(moment: string, fault: unknown, nowMs: number): void {
    const { alarms, ctx, links, store } = this.#ports;
    if (!isTeardown(fault)) {
      logFault('conversation-failed', fault, { conversation: ctx.id.toString(), moment });
    }
    this.#engine = null;
    this.#gone.abort();
    this.#isResting = false;
    links.closeFailed();
    alarms.want('engine', nowMs + RECOVERY_MS);
    alarms.want('retention', store.tokensExpireMs);
    alarms.settle(nowMs);
  }
}

function safetyNetMs(earliestMs: number): number {
  return Math.ceil(earliestMs / SAFETY_NET_MS) * SAFETY_NET_MS;
}

function tick(engine: Conversation, nowMs: number): void {
  engine.tick(nowMs);
}

/** Only a conversation that has ended waits for nothing at all. */
function hasEnded(engine: Conversation): boolean {
  return engine.nextDeadlineMs === Number.POSITIVE_INFINITY;
}
