// A whole telephone call in virtual time: the fake, a network, the bridge as the service has it, and the real engine.

import type { Agent } from '../../../core/conversation/agent.ts';
import { type ConfigOverrides, conversationConfig } from '../../../core/conversation/config.ts';
import { Conversation } from '../../../core/conversation/conversation.ts';
import type { ConversationSnapshot } from '../../../core/conversation/conversation-snapshot.ts';
import type { JournalRow } from '../../../core/recording/journal-row.ts';
import type { ScorerFactory } from '../../../core/voice/scorer.ts';
import { WorkLedger } from '../../../core/voice/work-ledger.ts';
import {
  newTwilioState,
  TwilioBridge,
  type TwilioSocket,
  type TwilioState,
} from '../../../durable-objects/bridges/twilio/twilio-bridge.ts';
import type { Link } from '../../../durable-objects/runtime/link.ts';
import { MemorySpill } from '../../../simulation/memory-spill.ts';
import { ClockedWorld } from '../clocked-world.ts';
import { FakeTwilio, type FakeTwilioOptions } from './fake-twilio.ts';

export const TICKET = 'the ticket of this call';

export interface TelephoneOptions {
  readonly agent: Agent;
  readonly createScorer: ScorerFactory;
  readonly twilio?: FakeTwilioOptions | undefined;
  readonly config?: ConfigOverrides | undefined;
  readonly isRecorded?: boolean | undefined;
  /** Checkpoints are kept, for `evict`. */
  readonly canEvict?: boolean | undefined;
  /** One way through the network, ms, in each direction; applied in order. */
  readonly delayMs?: ((sentMs: number) => number) | undefined;
  /** Sees every state of the bridge that is attached to the socket. */
  readonly keep?: ((state: TwilioState) => void) | undefined;
  /** Puts something in the bridge's place or around it. */
  readonly makeBridge?: ((state: TwilioState, socket: TwilioSocket) => Link) | undefined;
}

/** A message that left the service, and when. */
export interface SentMessage {
  readonly atMs: number;
  readonly text: string;
}

/** The call begins at the world's time 0. */
export class TelephoneWorld {
  readonly world = new ClockedWorld();
  readonly fake: FakeTwilio;
  readonly sent: SentMessage[] = [];
  /** Codes with which the service has closed the socket. */
  readonly closes: number[] = [];
  /** Rows of the journal in their order. */
  readonly journal: JournalRow[] = [];
  readonly #options: TelephoneOptions;
  readonly #spill = new MemorySpill();
  readonly #ledger = new WorkLedger();
  #engine: Conversation;
  #link: Link;
  /** What is attached to the socket: as it was after the last event. */
  #kept: TwilioState;
  #checkpoint: ConversationSnapshot | null = null;
  #timer = 0;
  #fakeTimer = 0;
  #upMs = 0;
  #downMs = 0;

  constructor(options: TelephoneOptions) {
    this.#options = options;
    this.#engine = this.#newEngine(options.agent);
    this.#kept = newTwilioState(1, 0xabcdef, [TICKET]);
    this.#link = this.#newBridge();
    this.event((engine, nowMs) => engine.connect(1, this.#link, nowMs));
    const parameters = { ticket: TICKET, ...options.twilio?.parameters };
    this.fake = new FakeTwilio(
      { ...options.twilio, parameters },
      {
        send: (text) => this.#up((engine, nowMs) => this.#link.received(text, engine, nowMs)),
        close: () => this.#up((engine, nowMs) => this.#link.left(engine, nowMs)),
        cut: () => this.#up((engine, nowMs) => this.#link.left(engine, nowMs)),
      },
      0,
    );
    this.#armFake();
  }

  get engine(): Conversation {
    return this.#engine;
  }

  /** Something happens to the engine, as in its object: the bridge answers, and the timer is armed anew. */
  event(run: (engine: Conversation, nowMs: number) => void): void {
    run(this.#engine, this.world.nowMs);
    this.#link.answer(this.#engine, this.world.nowMs);
    this.#arm();
  }

  /** The caller does something. */
  caller(run: (fake: FakeTwilio, nowMs: number) => void): void {
    run(this.fake, this.world.nowMs);
    this.#armFake();
  }

  /** The object's memory is lost; its socket, with what is attached to it, is not. */
  evict(agent: Agent): void {
    if (this.#checkpoint === null) throw new Error('Nothing was stored: set canEvict.');
    this.#engine = this.#newEngine(agent);
    this.#link = this.#newBridge();
    this.#engine.restore(structuredClone(this.#checkpoint), 1, this.#link);
    this.event((engine, nowMs) => engine.wake(nowMs));
  }

  runTo(timeMs: number): void {
    this.world.runTo(timeMs);
  }

  #arm(): void {
    const timer = ++this.#timer;
    const { nextDeadlineMs } = this.#engine;
    if (nextDeadlineMs === Number.POSITIVE_INFINITY) return;
    this.world.at(Math.ceil(nextDeadlineMs), () => {
      if (timer === this.#timer) this.event((engine, nowMs) => engine.tick(nowMs));
    });
  }

  #armFake(): void {
    const timer = ++this.#fakeTimer;
    if (this.fake.nextDeadlineMs === Number.POSITIVE_INFINITY) return;
    this.world.at(Math.ceil(this.fake.nextDeadlineMs), () => {
      if (timer === this.#fakeTimer) this.caller((fake, nowMs) => fake.tick(nowMs));
    });
  }

  #up(run: (engine: Conversation, nowMs: number) => void): void {
    this.#upMs = Math.max(this.#upMs, this.world.nowMs + this.#delayMs());
    this.world.at(this.#upMs, () => this.event(run));
  }

  #down(run: (fake: FakeTwilio, nowMs: number) => void): void {
    this.#downMs = Math.max(this.#downMs, this.world.nowMs + this.#delayMs());
    this.world.at(this.#downMs, () => this.caller(run));
  }

  #delayMs(): number {
    return this.#options.delayMs?.(this.world.nowMs) ?? 30;
  }

  #newBridge(): Link {
    const socket: TwilioSocket = {
      send: (text) => {
        this.sent.push({ atMs: this.world.nowMs, text });
        this.#down((fake, nowMs) => fake.receive(text, nowMs));
      },
      close: (code) => {
        this.closes.push(code);
        this.#down((fake, nowMs) => fake.closed(nowMs));
      },
      answerClose: () => {},
      keep: (state) => {
        this.#kept = state;
        this.#options.keep?.(state);
      },
    };
    const state = structuredClone(this.#kept);
    return this.#options.makeBridge?.(state, socket) ?? new TwilioBridge(state, socket);
  }

  #newEngine(agent: Agent): Conversation {
    const { config, createScorer, isRecorded } = this.#options;
    const engine: Conversation = new Conversation(
      {
        id: 'telephone-call',
        config: conversationConfig(config),
        turnTaking: 'automatic',
        agent,
        createScorer,
        ledger: this.#ledger,
        spill: this.#spill,
        isRecorded,
        checkpoint: {
          checkpoint: ({ row, ticket }) => {
            if (row !== null) this.journal.push(row);
            if (this.#options.canEvict) this.#checkpoint = structuredClone(engine.snapshot());
            this.world.at(this.world.nowMs, () => {
              if (this.#engine === engine)
                this.event((current, nowMs) => current.confirmed(ticket, nowMs));
            });
          },
          append: (row) => this.journal.push(row),
        },
      },
      this.world.nowMs,
    );
    return engine;
  }
}
