// The service's side of a run: the engine on its thread, what its storage has, and how its memory is lost.

import { conversationConfig } from '../core/conversation/config.ts';
import { Conversation } from '../core/conversation/conversation.ts';
import type { ConversationSnapshot } from '../core/conversation/conversation-snapshot.ts';
import type { ConversationState } from '../core/conversation/conversation-state.ts';
import type { CheckpointRequest, ClientLink } from '../core/conversation/ports.ts';
import type { ScorerFactory } from '../core/voice/scorer.ts';
import { WorkLedger } from '../core/voice/work-ledger.ts';
import { EngineThread } from './engine-thread.ts';
import { MemorySpill } from './memory-spill.ts';
import { Narrator } from './narrator.ts';
import type { AgentLog } from './oracle/agent-log.ts';
import { type Random, randomOf, wholeBetween } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** An object whose memory was lost wakes with its next event; this one is its alarm. */
const ALARM_MS = 2000;

/** One end of a connection as the service holds it. */
export interface ServicePort {
  readonly number: number;
  /** Sends to the client, in order. */
  send(data: string | Uint8Array): void;
  /** Closes behind what was sent. */
  close(code: number): void;
}

/** A checkpoint in storage. */
interface Written {
  readonly snapshot: ConversationSnapshot;
  readonly confirmedAtMs: number;
}

export class Service {
  readonly #scenario: Scenario;
  readonly #time: VirtualWorld;
  readonly #thread: EngineThread;
  readonly #log: AgentLog;
  readonly #createScorer: ScorerFactory;
  readonly #spill = new MemorySpill();
  readonly #ledger = new WorkLedger();
  #narrator: Narrator;
  #engine: Conversation;
  #port: ServicePort | null = null;
  #connections = 0;
  /** Checkpoints in the order of their writing: the last that is confirmed, and those after it. */
  #written: Written[] = [];
  /** The engine's memory is lost, and no event has woken it since. */
  #isAsleep = false;
  /** What is sent before this time waits for a confirmation of storage. */
  #gateMs = Number.NEGATIVE_INFINITY;
  /** Counts lost memories, and those with which all was lost that waited for a confirmation. */
  #memory = 0;
  #gate = 0;
  /** Writes whose confirmation is on its way. */
  #unconfirmed = 0;
  #lastConfirmationMs = Number.NEGATIVE_INFINITY;
  readonly #keepsCheckpoints: boolean;
  readonly #random: Random;

  constructor(scenario: Scenario, time: VirtualWorld, log: AgentLog, createScorer: ScorerFactory) {
    this.#scenario = scenario;
    this.#time = time;
    this.#log = log;
    this.#createScorer = createScorer;
    this.#keepsCheckpoints = scenario.faults.some(({ kind }) => kind === 'evict');
    this.#random = randomOf(scenario.seed ^ 0x5e41);
    this.#narrator = this.#newNarrator();
    this.#engine = this.#newEngine(scenario.originMs);
    const service = this;
    const work = {
      get nextDeadlineMs() {
        return service.#isAsleep ? Number.POSITIVE_INFINITY : service.#engine.nextDeadlineMs;
      },
      tick: (nowMs: number) => this.#engine.tick(nowMs),
    };
    this.#thread = new EngineThread(time, scenario, work, this.#random);
  }

  /** A client connects; returns its connection's number. */
  connect(port: (number: number) => ServicePort): number {
    const number = ++this.#connections;
    const opened = port(number);
    this.#thread.message((nowMs) => {
      this.#wake(nowMs);
      this.#port = opened;
      this.#engine.connect(number, this.#link(opened), nowMs);
    });
    return number;
  }

  message(number: number, data: string | Uint8Array): void {
    this.#thread.message((nowMs) => {
      this.#wake(nowMs);
      if (typeof data === 'string') this.#engine.receiveText(number, data, nowMs);
      else this.#engine.receiveAudio(number, data, nowMs);
    });
  }

  disconnected(number: number): void {
    this.#thread.message((nowMs) => {
      this.#wake(nowMs);
      if (this.#port?.number === number) this.#port = null;
      this.#engine.disconnect(number, nowMs);
    });
  }

  burn(forMs: number): void {
    this.#thread.burn(forMs);
  }

  /**
   * The memory is lost. An object that keeps its sockets had nothing left to do; of one that does not, what it had written
   * and storage had not confirmed may be there or not, and what waited for such a confirmation is not sent.
   */
  evict(keepsSocket: boolean): void {
    const confirmed = this.#written.filter((each) => each.confirmedAtMs <= this.#time.nowMs);
    if (confirmed.length === 0) return;
    const most = this.#written.length;
    const kept = keepsSocket ? most : wholeBetween(this.#random, confirmed.length, most);
    this.#written = this.#written.slice(kept - 1, kept);
    this.#memory++;
    if (!keepsSocket) this.#gate++;
    this.#isAsleep = true;
    this.#thread.forgetTimer();
    if (!keepsSocket) this.#port = null;
    this.#time.at(this.#time.nowMs + ALARM_MS, () =>
      this.#thread.message((nowMs) => this.#wake(nowMs)),
    );
  }

  /**
   * The engine is replaced by its own snapshot, as it is now; one whose memory is lost stays asleep. A confirmation on its
   * way comes first: it is meant for the engine that has written.
   */
  replace(): void {
    this.#thread.message(() => {
      if (this.#isAsleep) return;
      if (this.#unconfirmed > 0) {
        this.#time.at(this.#lastConfirmationMs, () => this.replace());
        return;
      }
      const snapshot = structuredClone(this.#engine.snapshot());
      this.#restore(snapshot);
    });
  }

  agentInterrupts(): void {
    this.#thread.message((nowMs) => {
      this.#wake(nowMs);
      this.#engine.outsideEvent(() => this.#narrator.interruptItself(), nowMs);
    });
  }

  /** The conversation as it stands; null while it sleeps. */
  get state(): ConversationState | null {
    return this.#isAsleep ? null : this.#engine.state(0);
  }

  #wake(nowMs: number): void {
    if (!this.#isAsleep) return;
    this.#isAsleep = false;
    this.#restore(structuredClone(this.#written[0]!.snapshot));
    this.#engine.wake(nowMs);
  }

  #restore(snapshot: ConversationSnapshot): void {
    this.#narrator = this.#newNarrator();
    this.#engine = this.#newEngine(snapshot.originMs);
    const port = this.#port;
    const link = port === null ? null : this.#link(port);
    this.#engine.restore(snapshot, port?.number ?? this.#connections, link);
  }

  #newEngine(nowMs: number): Conversation {
    return new Conversation(
      {
        id: 'simulated',
        config: conversationConfig(this.#scenario.config),
        turnTaking: 'automatic',
        agent: this.#narrator,
        createScorer: this.#createScorer,
        ledger: this.#ledger,
        spill: this.#spill,
        checkpoint: { checkpoint: (request) => this.#store(request), append: () => {} },
      },
      nowMs,
    );
  }

  #newNarrator(): Narrator {
    const { agent } = this.#scenario;
    return new Narrator(agent, this.#log, (tell) => this.#whenConfirmed(tell));
  }

  #store({ ticket, isAwaited }: CheckpointRequest): void {
    const takesMs = this.#random() * this.#scenario.confirmationMs;
    const confirmedAtMs = Math.max(this.#lastConfirmationMs, this.#time.nowMs + takesMs);
    this.#lastConfirmationMs = confirmedAtMs;
    if (isAwaited) this.#gateMs = confirmedAtMs;
    if (this.#keepsCheckpoints) this.#keep(structuredClone(this.#engine.snapshot()), confirmedAtMs);
    const memory = this.#memory;
    this.#unconfirmed++;
    this.#time.at(confirmedAtMs, () =>
      this.#thread.message((nowMs) => {
        this.#unconfirmed--;
        if (memory === this.#memory) this.#engine.confirmed(ticket, nowMs);
      }),
    );
  }

  #keep(snapshot: ConversationSnapshot, confirmedAtMs: number): void {
    const unconfirmed = this.#written.findIndex((each) => each.confirmedAtMs > this.#time.nowMs);
    const settled = unconfirmed < 0 ? this.#written.length : unconfirmed;
    this.#written = [...this.#written.slice(Math.max(0, settled - 1)), { snapshot, confirmedAtMs }];
  }

  #link(port: ServicePort): ClientLink {
    return {
      resumeToken: null,
      sendAudio: (packet) => {
        const bytes = packet.slice();
        this.#whenConfirmed(() => port.send(bytes));
      },
      sendControl: (message) => {
        const text = JSON.stringify(message);
        this.#whenConfirmed(() => port.send(text));
      },
      close: (code) => port.close(code),
    };
  }

  /** What leaves the object waits, in order, for the writes that it rests on. */
  #whenConfirmed(leave: () => void): void {
    if (this.#gateMs < this.#time.nowMs) {
      leave();
      return;
    }
    const gate = this.#gate;
    this.#time.at(this.#gateMs, () => {
      if (gate === this.#gate) leave();
    });
  }
}
