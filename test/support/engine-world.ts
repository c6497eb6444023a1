// A whole conversation in one process: the real engine, the real client session and player, and a network between them.

import { Playback } from '../../client/session/playback.ts';
import { Session } from '../../client/session/session.ts';
import type { SessionListener } from '../../client/session/session-listener.ts';
import type { Agent } from '../../core/conversation/agent.ts';
import { type ConfigOverrides, conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import {
  type CheckpointRequest,
  type ClientLink,
  StorageRefusal,
} from '../../core/conversation/ports.ts';
import type { Watch } from '../../core/observation/watch.ts';
import type { JournalRow } from '../../core/recording/journal-row.ts';
import type { EchoGuardMode } from '../../core/voice/echo-guard.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import type { TurnTaking } from '../../core/voice/turn-detector.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import type { AudioFormat, ServerMessage } from '../../core/wire/messages.ts';
import { MemorySpill } from '../../simulation/memory-spill.ts';
import { LevelScorer } from './level-scorer.ts';
import type { World } from './world.ts';

export const PCM16: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };

/** Device period of microphone and speaker. */
const DEVICE_MS = 10;
const DEVICE_SAMPLES = 160;

export interface EngineWorldOptions {
  readonly world: World;
  readonly agent: Agent;
  /** What the caller's microphone hears; zeros after its end. */
  readonly microphone: Int16Array;
  readonly config?: ConfigOverrides | undefined;
  readonly turnTaking?: TurnTaking | undefined;
  readonly uplink?: AudioFormat | undefined;
  readonly downlink?: AudioFormat | undefined;
  readonly createScorer?: ScorerFactory | undefined;
  /** The ledger of the isolate; one of its own unless given. */
  readonly ledger?: WorkLedger | undefined;
  /** One-way delay of the network, ms; applied in order. */
  readonly delayMs?: ((sentMs: number) => number) | undefined;
  /** How late the engine's timer fires, ms. */
  readonly timerLateMs?: ((deadlineMs: number) => number) | undefined;
  /** Packets and timeline go into the journal. */
  readonly isRecorded?: boolean | undefined;
  readonly echoGuard?: EchoGuardMode | undefined;
  /** Looks on; and what it does when an event is done. */
  readonly watch?: Watch | undefined;
  readonly eventDone?: ((nowMs: number) => void) | undefined;
  /** How long a write takes to be confirmed, ms; never while null. At once unless given. */
  readonly confirmMs?: number | null | undefined;
  /** The clock that the engine is told, from the true time and its earliest deadline (design: production-like clock). */
  readonly engineClock?:
    | ((trueMs: number, deadlineMs: number, isTimer: boolean) => number)
    | undefined;
}

/** Something that happened, for comparison between runs. */
export type Happening =
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'control'; readonly message: ServerMessage }
  | { readonly kind: 'audio' }
  | { readonly kind: 'closed'; readonly code: number };

/** Starts everything at the world's time 0. */
export class EngineWorld {
  /** What left the engine, in order. */
  readonly happenings: Happening[] = [];
  /** What the caller heard, from the first device period on. */
  readonly heard: number[] = [];
  readonly received: { readonly message: ServerMessage; readonly atMs: number }[] = [];
  readonly violations: string[] = [];
  /** Rows of the journal by number, as they are stored. */
  readonly journal = new Map<number, JournalRow>();
  /** Whether the storage takes anything; a narrow one takes no checkpoint, now or later. */
  storage: 'takes' | 'full' | 'narrow' = 'takes';
  readonly #options: EngineWorldOptions;
  readonly #world: World;
  readonly #spill = new MemorySpill();
  readonly #ledger: WorkLedger;
  readonly #device = new Int16Array(DEVICE_SAMPLES);
  #engine: Conversation;
  #session!: Session;
  #player!: Playback;
  #lastCheckpoint: ConversationSnapshot | null = null;
  #timerGeneration = 0;
  #connections = 0;
  #link: ClientLink | null = null;
  #upAtMs = 0;
  #downAtMs = 0;
  #captured = 0;
  #isListening = true;
  #isStopped = false;

  constructor(options: EngineWorldOptions) {
    this.#options = options;
    this.#world = options.world;
    this.#ledger = options.ledger ?? new WorkLedger();
    this.#engine = this.#newEngine(options.agent);
    this.#newClient(7);
    this.connect();
    this.#world.at(0, () => this.#devicePeriod(0));
  }

  get session(): Session {
    return this.#session;
  }

  get player(): Playback {
    return this.#player;
  }

  get engine(): Conversation {
    return this.#engine;
  }

  /** The number of the newest connection. */
  get connection(): number {
    return this.#connections;
  }

  get lastCheckpoint(): ConversationSnapshot | null {
    return this.#lastCheckpoint;
  }

  /** Control messages that left the engine, of one type. */
  sent<Type extends ServerMessage['type']>(type: Type): Extract<ServerMessage, { type: Type }>[] {
    return this.happenings.flatMap((each) =>
      each.kind === 'control' && each.message.type === type
        ? [each.message as Extract<ServerMessage, { type: Type }>]
        : [],
    );
  }

  /** The client opens a new socket. */
  connect(): void {
    const number = ++this.#connections;
    const link = this.#makeLink(number);
    this.#link = link;
    this.event((engine, nowMs) => engine.connect(number, link, nowMs));
    this.session.opened(
      {
        send: (data) => this.#up(number, typeof data === 'string' ? data : data.slice()),
        close: () => {},
      },
      this.#world.nowMs,
    );
  }

  /** The network is gone: what is under way is lost, both sides notice. */
  cut(): void {
    const number = this.#connections;
    this.#link = null;
    this.session.lost(1006, this.#world.nowMs);
    this.event((engine, nowMs) => engine.disconnect(number, nowMs));
  }

  /** The page is loaded anew: another capture stream, and a player that has nothing. */
  reload(): void {
    this.#newClient(this.#connections + 8);
    this.connect();
  }

  /** The engine's memory is lost, its last checkpoint (or another) and its socket are not. */
  evict(agent: Agent, keepSocket: boolean, snapshot = this.#lastCheckpoint): void {
    if (snapshot === null) throw new Error('Nothing was stored.');
    if (!keepSocket) this.#link = null;
    this.#engine = this.#newEngine(agent);
    this.#engine.restore(structuredClone(snapshot), this.#connections, this.#link);
    this.event((engine, nowMs) => engine.wake(nowMs));
    if (!keepSocket) this.session.lost(1006, this.#world.nowMs);
  }

  /** The engine is replaced by its own snapshot, as it is now; nobody should notice. */
  replace(agent: Agent): void {
    const snapshot = structuredClone(this.#engine.snapshot());
    this.#engine = this.#newEngine(agent);
    this.#engine.restore(snapshot, this.#connections, this.#link);
  }

  /** The device is switched off: no samples in or out. */
  stopListening(): void {
    this.#isListening = false;
  }

  /** The world ends: nothing is scheduled any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Something happens to the engine; its timer is armed again afterwards. */
  event(run: (engine: Conversation, nowMs: number) => void, isTimer = false): void {
    const clock = this.#options.engineClock ?? ((trueMs: number) => trueMs);
    const nowMs = clock(this.#world.nowMs, this.#engine.nextDeadlineMs, isTimer);
    run(this.#engine, nowMs);
    this.#options.eventDone?.(nowMs);
    this.#arm(nowMs);
  }

  #newClient(stream: number): void {
    const { uplink = PCM16, downlink = PCM16 } = this.#options;
    this.#player = new Playback({ format: downlink });
    const listener: SessionListener = {
      message: (message, atMs) => this.received.push({ message, atMs }),
      violation: (sentence) => this.violations.push(sentence),
      resendRingFull: () => {},
    };
    this.#session = new Session({ stream, uplink, downlink }, this.#player, listener);
  }

  #arm(nowMs: number): void {
    const generation = ++this.#timerGeneration;
    const deadlineMs = this.#engine.nextDeadlineMs;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.ceil(deadlineMs - nowMs));
    const lateMs = this.#options.timerLateMs?.(deadlineMs) ?? 0;
    this.#world.at(this.#world.nowMs + waitMs + lateMs, () => {
      if (generation !== this.#timerGeneration || this.#isStopped) return;
      this.event((engine, nowMs) => engine.tick(nowMs), true);
    });
  }

  #devicePeriod(index: number): void {
    if (this.#isStopped) return;
    if (this.#isListening) {
      const { microphone } = this.#options;
      this.player.pull(this.#device);
      this.heard.push(...this.#device);
      for (let n = 0; n < DEVICE_SAMPLES; n++)
        this.#device[n] = microphone[this.#captured + n] ?? 0;
      this.#captured += DEVICE_SAMPLES;
      this.session.capture(this.#device, this.#world.nowMs);
    }
    this.session.tick(this.#world.nowMs);
    this.#world.at((index + 1) * DEVICE_MS, () => this.#devicePeriod(index + 1));
  }

  #up(number: number, data: string | Uint8Array): void {
    this.#upAtMs = Math.max(this.#upAtMs, this.#world.nowMs + this.#delayMs());
    this.#world.at(this.#upAtMs, () => {
      this.event((engine, nowMs) => {
        if (typeof data === 'string') engine.receiveText(number, data, nowMs);
        else engine.receiveAudio(number, data, nowMs);
      });
    });
  }

  #down(link: ClientLink, data: string | Uint8Array): void {
    this.#downAtMs = Math.max(this.#downAtMs, this.#world.nowMs + this.#delayMs());
    this.#world.at(this.#downAtMs, () => {
      if (this.#link === link) this.session.received(data, this.#world.nowMs);
    });
  }

  #delayMs(): number {
    return this.#options.delayMs?.(this.#world.nowMs) ?? 20;
  }

  #makeLink(number: number): ClientLink {
    const link: ClientLink = {
      resumeToken: `resume-${number}`,
      sendAudio: (packet) => {
        this.happenings.push({ kind: 'audio' });
        this.#down(link, packet.slice());
      },
      sendControl: (message) => {
        this.happenings.push({ kind: 'control', message: structuredClone(message) });
        this.#down(link, JSON.stringify(message));
      },
      close: (code) => {
        this.happenings.push({ kind: 'closed', code });
        this.#downAtMs = Math.max(this.#downAtMs, this.#world.nowMs + this.#delayMs());
        this.#world.at(this.#downAtMs, () => {
          if (this.#link !== link) return;
          this.#link = null;
          this.session.lost(code, this.#world.nowMs);
        });
      },
    };
    return link;
  }

  #append(row: JournalRow): void {
    if (this.storage !== 'takes') throw new StorageRefusal('The storage is full.');
    this.journal.set(row.number, structuredClone(row));
  }

  #store({ row, ticket }: CheckpointRequest): void {
    if (this.storage === 'full') throw new StorageRefusal('The storage is full.');
    if (this.storage === 'narrow') throw new StorageRefusal('It is too large.', true);
    this.happenings.push({ kind: 'checkpoint' });
    if (row !== null) this.#append(row);
    this.#lastCheckpoint = structuredClone(this.#engine.snapshot());
    const engine = this.#engine;
    const { confirmMs = 0 } = this.#options;
    if (confirmMs === null) return;
    this.#world.at(this.#world.nowMs + confirmMs, () => {
      if (this.#engine !== engine || this.#isStopped) return;
      this.event((current, nowMs) => current.confirmed(ticket, nowMs));
    });
  }

  #newEngine(agent: Agent): Conversation {
    const { config, turnTaking = 'automatic', createScorer, isRecorded, echoGuard } = this.#options;
    return new Conversation(
      {
        id: 'conversation-1',
        config: conversationConfig(config),
        turnTaking,
        agent,
        createScorer: createScorer ?? ((listener) => new LevelScorer(listener)),
        ledger: this.#ledger,
        spill: this.#spill,
        isRecorded,
        echoGuard,
        watch: this.#options.watch,
        checkpoint: {
          checkpoint: (request) => this.#store(request),
          append: (row) => this.#append(row),
        },
      },
      this.#world.nowMs,
    );
  }
}
