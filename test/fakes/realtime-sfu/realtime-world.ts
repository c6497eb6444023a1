// A whole call over the SFU in virtual time: the fake adapters, a network, the bridge as the service has it, and the real engine.

import type { Agent } from '../../../core/conversation/agent.ts';
import { type ConfigOverrides, conversationConfig } from '../../../core/conversation/config.ts';
import { Conversation } from '../../../core/conversation/conversation.ts';
import type { ConversationSnapshot } from '../../../core/conversation/conversation-snapshot.ts';
import type { ScorerFactory } from '../../../core/voice/scorer.ts';
import { WorkLedger } from '../../../core/voice/work-ledger.ts';
import {
  newRealtimeState,
  RealtimeBridge,
  type RealtimeSockets,
  type RealtimeState,
} from '../../../durable-objects/bridges/realtime-sfu/realtime-bridge.ts';
import { MemorySpill } from '../../../simulation/memory-spill.ts';
import { ClockedWorld } from '../clocked-world.ts';
import { FakeEgress, type FakeEgressOptions } from './fake-egress.ts';
import { FakeIngest, type FakeIngestOptions } from './fake-ingest.ts';

/** So long does the SFU take to make an adapter. */
const RENEWAL_MS = 200;

export interface RealtimeWorldOptions {
  readonly agent: Agent;
  readonly createScorer: ScorerFactory;
  readonly egress?: FakeEgressOptions | undefined;
  readonly ingest?: ((ordinal: number) => FakeIngestOptions) | undefined;
  readonly config?: ConfigOverrides | undefined;
  /** Checkpoints are kept, for `evict`. */
  readonly canEvict?: boolean | undefined;
  /** One way through the network, ms, in each direction; applied in order. */
  readonly delayMs?: ((sentMs: number) => number) | undefined;
  /** Sees every state of the bridge that is attached to the socket. */
  readonly keep?: ((state: RealtimeState) => void) | undefined;
  /** A re-dial is not accepted: a saboteur. */
  readonly refusesRedial?: boolean | undefined;
  /** Puts something in the bridge's place or around it. */
  readonly makeBridge?:
    | ((state: RealtimeState, sockets: RealtimeSockets) => RealtimeBridge)
    | undefined;
}

type TimerName = 'engine' | 'egress' | 'ingest';

/** The call begins at the world's time 0. */
export class RealtimeWorld {
  readonly world = new ClockedWorld();
  readonly egress: FakeEgress;
  /** Every adapter that the agent's audio went to, in order. */
  readonly ingests: FakeIngest[] = [];
  /** When messages left for the SFU, computing included. */
  readonly sentMs: number[] = [];
  /** Codes with which the service has closed the caller's socket. */
  readonly closes: number[] = [];
  readonly #options: RealtimeWorldOptions;
  readonly #spill = new MemorySpill();
  readonly #ledger = new WorkLedger();
  #engine: Conversation;
  #link: RealtimeBridge;
  #state: RealtimeState;
  /** What is attached to the socket: as it was after the last event. */
  #kept: RealtimeState;
  #checkpoint: ConversationSnapshot | null = null;
  #connection = 1;
  #ingest: FakeIngest | null = null;
  readonly #timers = { engine: 0, egress: 0, ingest: 0 };
  #upMs = 0;
  #downMs = 0;

  constructor(options: RealtimeWorldOptions) {
    this.#options = options;
    this.#engine = this.#newEngine(options.agent);
    this.#state = newRealtimeState(1, 0xabcdef);
    this.#kept = structuredClone(this.#state);
    this.#openIngest();
    this.#link = this.#newBridge(1);
    this.egress = new FakeEgress(options.egress ?? {}, () => this.#redialled(), 0);
    this.#dialled();
  }

  get engine(): Conversation {
    return this.#engine;
  }

  get ingest(): FakeIngest {
    const newest = this.ingests.at(-1)!;
    newest.play(this.world.nowMs);
    return newest;
  }

  /** Something happens to the engine, as in its object: the bridge answers, and the timer is armed anew. */
  event(run: (engine: Conversation, nowMs: number) => void): void {
    run(this.#engine, this.world.nowMs);
    this.#link.answer(this.#engine, this.world.nowMs);
    this.#arm();
  }

  /** The object's memory is lost; its sockets, with what is attached to them, are not. */
  evict(agent: Agent): void {
    if (this.#checkpoint === null) throw new Error('Nothing was stored: set canEvict.');
    this.#engine = this.#newEngine(agent);
    this.#state = structuredClone(this.#kept);
    this.#link = this.#newBridge(this.#connection);
    this.#engine.restore(structuredClone(this.#checkpoint), this.#connection, this.#link);
    this.event((engine, nowMs) => engine.wake(nowMs));
  }

  runTo(timeMs: number): void {
    this.world.runTo(timeMs);
  }

  #arm(): void {
    const { nextDeadlineMs } = this.#engine;
    const isOver = nextDeadlineMs === Number.POSITIVE_INFINITY;
    const deadlineMs = isOver
      ? nextDeadlineMs
      : Math.min(nextDeadlineMs, this.#link.nextDeadlineMs);
    this.#at('engine', deadlineMs, () => this.event((engine, nowMs) => engine.tick(nowMs)));
  }

  /** One timer of each name; a new one takes the place of the one before. */
  #at(name: TimerName, timeMs: number, run: () => void): void {
    const timer = ++this.#timers[name];
    if (timeMs === Number.POSITIVE_INFINITY) return;
    this.world.at(Math.max(this.world.nowMs, Math.ceil(timeMs)), () => {
      if (timer === this.#timers[name]) run();
    });
  }

  #dialled(): void {
    const link = this.#link;
    this.event((engine, nowMs) => {
      engine.connect(link.connection, link, nowMs);
      link.greet(engine, nowMs);
    });
    this.egress.opened({
      send: (message) => this.#up((engine, nowMs) => link.received(message, engine, nowMs)),
      cut: () => this.#up((engine, nowMs) => link.left(engine, nowMs)),
    });
    this.#tickEgress();
  }

  #redialled(): void {
    if (this.#options.refusesRedial) {
      this.egress.closed(this.world.nowMs);
      return;
    }
    this.#link = this.#newBridge(++this.#connection);
    this.#dialled();
  }

  #tickEgress(): void {
    this.#at('egress', this.egress.nextDeadlineMs, () => {
      this.egress.tick(this.world.nowMs);
      this.#tickEgress();
    });
  }

  #openIngest(): void {
    const { ingest: optionsOf } = this.#options;
    const options = optionsOf?.(this.ingests.length) ?? {};
    const ingest: FakeIngest = new FakeIngest(
      options,
      () => {
        this.#up(() => {
          if (this.#ingest === ingest) this.#ingest = null;
        });
      },
      this.world.nowMs,
    );
    this.ingests.push(ingest);
    this.#ingest = ingest;
    this.#tickIngest(ingest);
  }

  #tickIngest(ingest: FakeIngest): void {
    this.#at('ingest', ingest.nextDeadlineMs, () => {
      ingest.tick(this.world.nowMs);
      this.#tickIngest(ingest);
    });
  }

  #up(run: (engine: Conversation, nowMs: number) => void): void {
    this.#upMs = Math.max(this.#upMs, this.world.nowMs + this.#delayMs());
    this.world.at(this.#upMs, () => this.event(run));
  }

  #send(message: Uint8Array): void {
    const ingest = this.#ingest;
    if (ingest === null) return;
    this.sentMs.push(this.world.preciseMs);
    this.#downMs = Math.max(this.#downMs, this.world.nowMs + this.#delayMs());
    this.world.at(this.#downMs, () => {
      ingest.receive(message, this.world.nowMs);
      this.#tickIngest(ingest);
    });
  }

  #delayMs(): number {
    return this.#options.delayMs?.(this.world.nowMs) ?? 30;
  }

  #newBridge(connection: number): RealtimeBridge {
    this.#state = { ...this.#state, connection };
    const hasIngest = (): boolean => this.#ingest !== null;
    const sockets: RealtimeSockets = {
      get canSpeak() {
        return hasIngest();
      },
      send: (message) => this.#send(message),
      renew: () =>
        this.world.at(this.world.nowMs + RENEWAL_MS, () => {
          this.#openIngest();
          this.event(() => {});
        }),
      close: (code) => this.closes.push(code),
      answerClose: () => {},
      keep: (state) => {
        // structuredClone of every state would be most of a long run.
        this.#kept = this.#options.canEvict ? structuredClone(state) : state;
        this.#options.keep?.(state);
      },
    };
    return (
      this.#options.makeBridge?.(this.#state, sockets) ?? new RealtimeBridge(this.#state, sockets)
    );
  }

  #newEngine(agent: Agent): Conversation {
    const { config, createScorer } = this.#options;
    const engine: Conversation = new Conversation(
      {
        id: 'realtime-call',
        config: conversationConfig(config),
        turnTaking: 'automatic',
        agent,
        createScorer,
        ledger: this.#ledger,
        spill: this.#spill,
        isRecorded: false,
        checkpoint: {
          checkpoint: ({ ticket }) => {
            if (this.#options.canEvict) this.#checkpoint = structuredClone(engine.snapshot());
            this.world.at(this.world.nowMs, () => {
              if (this.#engine === engine)
                this.event((current, nowMs) => current.confirmed(ticket, nowMs));
            });
          },
          append: () => {},
        },
      },
      this.world.nowMs,
    );
    return engine;
  }
}
