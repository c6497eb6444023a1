// The engine of a conversation while it is in memory: taken up, called in events, put to rest, and given up when it fails.

import type { Conversation } from '../core/conversation/conversation.ts';
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

/** Behind a timer an alarm stands at most this far away, so that a conversation whose client never comes back reaches its end. */
const SAFETY_NET_MS = 60_000;

/** Alarms behind a flush stand at whole multiples of this: a third as many as there are flushes. */
const FLUSH_GRID_MS = 15_000;

/** The deadlines that an engine has. */
export type EngineAlarm = 'engine' | 'flush' | 'retention';

export interface LiveEnginePorts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly store: ConversationStore;
  readonly meter: RowMeter;
  readonly links: SocketLinks;
  readonly canary: LagCanary;
  readonly alarms: Pick<Alarms<EngineAlarm>, 'want' | 'settle'>;
  /** The call is over; may be called again. */
  readonly over: (engine: Conversation, nowMs: number) => void;
}

/** A fault in an event costs the memory, never the conversation: the engine goes on from its last checkpoint. */
export class LiveEngine {
  readonly #ports: LiveEnginePorts;
  readonly #timer = new DeadlineTimer(() => this.event('timer', tick));
  #engine: Conversation | null = null;
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
    const { store, links } = this.#ports;
    const { creation, checkpoint } = store;
    if (creation === null) return;
    try {
      const event = (moment: string, run: (engine: Conversation, nowMs: number) => void): void =>
        this.event(moment, run);
      const engine = makeEngine(creation, { ...this.#ports, event }, nowMs);
      const link = links.keepNewest();
      if (checkpoint !== null) {
        engine.restore(checkpoint, link?.connection ?? 0, link);
        engine.wake(nowMs);
      }
      this.#engine = engine;
      this.#rest(engine, nowMs);
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
    alarms.want('engine', isAwake ? nowMs + SAFETY_NET_MS : engine.nextDeadlineMs);
    alarms.want('flush', Math.ceil(engine.flushDeadlineMs / FLUSH_GRID_MS) * FLUSH_GRID_MS);
    // A conversation that is over can be read until no token opens it any more.
    alarms.want('retention', hasEnded(engine) ? store.tokensExpireMs : Number.POSITIVE_INFINITY);
  }

  /** Forgets the engine: its storage is, or will be, gone. */
  drop(): void {
    this.#engine = null;
    this.#timer.arm(Number.POSITIVE_INFINITY, 0);
  }

  /** Sees to the next deadline. An object with none soon may lose its memory, so it leaves a checkpoint. */
  #rest(engine: Conversation, nowMs: number): void {
    this.#timer.arm(engine.nextDeadlineMs, nowMs);
    const isResting = !this.#timer.isPending;
    const isFallingAsleep = isResting && !this.#isResting;
    if (isFallingAsleep) engine.store(nowMs);
    this.#isResting = isResting;
    this.wantAlarms(nowMs);
    if (hasEnded(engine)) this.#ports.over(engine, nowMs);
    this.#ports.alarms.settle(nowMs, isFallingAsleep);
  }

  /** The engine's memory cannot be trusted any more: its client comes back to what the last checkpoint says. */
  #fail(moment: string, fault: unknown, nowMs: number): void {
    const { alarms, ctx, links, store } = this.#ports;
    if (!isTeardown(fault)) {
      logFault('conversation-failed', fault, { conversation: ctx.id.toString(), moment });
    }
    this.#engine = null;
    this.#isResting = false;
    links.closeFailed();
    alarms.want('engine', nowMs + RECOVERY_MS);
    alarms.want('retention', store.tokensExpireMs);
    alarms.settle(nowMs);
  }
}

function tick(engine: Conversation, nowMs: number): void {
  engine.tick(nowMs);
}

/** Only a conversation that has ended waits for nothing at all. */
function hasEnded(engine: Conversation): boolean {
  return engine.nextDeadlineMs === Number.POSITIVE_INFINITY;
}
