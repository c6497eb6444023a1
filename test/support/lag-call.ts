// A whole call on virtual time whose isolate computes and whose network stalls, as its client sees it.

import { expect } from 'vitest';
import { Playback } from '../../client/session/playback.ts';
import { Session } from '../../client/session/session.ts';
import { conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import type { Report } from '../../core/wire/messages.ts';
import { IsolateLag } from '../../durable-objects/runtime/isolate-lag.ts';
import { LagCanary } from '../../durable-objects/runtime/lag-canary.ts';
import { MemorySpill } from '../../simulation/memory-spill.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { type IsolateClock, IsolateWorld, StallingLine } from './isolate-world.ts';
import { LevelScorer } from './level-scorer.ts';
import { ScriptedAgent } from './scripted-agent.ts';
import { PCM16 } from './scripted-server.ts';

const DEVICE_MS = 10;
const SILENCE = new Int16Array(16 * DEVICE_MS);

export interface LagCallOptions {
  readonly clock: IsolateClock;
  readonly random: () => number;
  /** The agent speaks all the time: its frames need timers. */
  readonly agentSpeaks: boolean;
  /** False for an isolate without the canary's timer. */
  readonly hasCanary: boolean;
}

/** Begins at time 0 with a network of 5 to 60 ms each way. */
export class LagCall {
  readonly world = new VirtualWorld();
  readonly isolate: IsolateWorld;
  readonly up: StallingLine;
  readonly down: StallingLine;
  readonly reports: { readonly atMs: number; readonly report: Report }[] = [];
  readonly #stallsAt: number;
  readonly #hasCanary: boolean;
  readonly #canary: LagCanary;
  readonly #engine: Conversation;
  readonly #session: Session;
  #timer: ReturnType<IsolateWorld['startTimer']> | null = null;

  constructor({ clock, random, agentSpeaks, hasCanary }: LagCallOptions) {
    this.isolate = new IsolateWorld(this.world, clock, random);
    const wayMs = 5 + 55 * random();
    const jitterMs = 8 * random();
    const delayMs = () => wayMs + jitterMs * random() ** 2;
    this.up = new StallingLine(this.world, delayMs);
    this.down = new StallingLine(this.world, delayMs);
    this.#stallsAt = random();
    this.#hasCanary = hasCanary;
    this.#canary = new LagCanary({
      isolate: new IsolateLag(),
      conversation: 'c',
      warningMs: Number.POSITIVE_INFINITY,
      now: this.isolate.now,
      startTimer: this.isolate.startTimer,
    });
    this.#engine = this.#makeEngine(agentSpeaks);
    this.#session = new Session(
      { stream: 1, uplink: PCM16, downlink: PCM16 },
      new Playback({ format: PCM16 }),
      { message() {}, violation: (sentence) => expect.unreachable(sentence), resendRingFull() {} },
    );
    this.#connect();
    this.#device(0);
  }

  /** The longest lag that the client has reported in this time, and where it placed it. */
  longestLag(fromMs: number, toMs: number): Pick<Report, 'lagMs' | 'lagCause'> {
    let longest: Pick<Report, 'lagMs' | 'lagCause'> = { lagMs: 0, lagCause: null };
    for (const { atMs, report } of this.reports) {
      if (atMs >= fromMs && atMs < toMs && report.lagMs > longest.lagMs) longest = report;
    }
    return longest;
  }

  #makeEngine(agentSpeaks: boolean): Conversation {
    const greeting = agentSpeaks ? new Int16Array(16_000 * 40).fill(500) : undefined;
    return new Conversation(
      {
        id: 'c',
        config: conversationConfig(),
        turnTaking: 'automatic',
        agent: new ScriptedAgent({ greeting }),
        createScorer: (listener) => new LevelScorer(listener),
        spill: new MemorySpill(),
        checkpoint: { checkpoint() {}, append() {} },
        ledger: new WorkLedger(),
        lag: this.#canary,
      },
      0,
    );
  }

  #connect(): void {
    const toClient = (data: string | Uint8Array) =>
      this.down.send(() => this.#session.received(data, this.world.nowMs), 1 - this.#stallsAt);
    const link = {
      resumeToken: null,
      sendAudio: (packet: Uint8Array) => toClient(packet.slice()),
      sendControl: (message: object) => toClient(JSON.stringify(message)),
      close: (code: number) => expect.unreachable(`closed with ${code}`),
    };
    this.isolate.deliver(() => this.#event(() => this.#engine.connect(1, link, 0)));
    this.#session.opened({ send: (data) => this.#toServer(data), close() {} }, 0);
  }

  #toServer(data: string | Uint8Array): void {
    const copy = typeof data === 'string' ? data : data.slice();
    const nowMs = this.isolate.now;
    const receive = () => {
      if (this.#hasCanary) this.#canary.awake(nowMs());
      if (typeof copy === 'string') this.#engine.receiveText(1, copy, nowMs());
      else this.#engine.receiveAudio(1, copy, nowMs());
    };
    this.up.send(() => this.isolate.deliver(() => this.#event(receive)), this.#stallsAt);
    const message = typeof data === 'string' ? JSON.parse(data) : null;
    if (message?.type === 'report') this.reports.push({ atMs: this.world.nowMs, report: message });
  }

  /** Runs an event of the engine and starts its timer again. */
  #event(run: () => void): void {
    this.#canary.began('event', this.isolate.now());
    run();
    if (this.#timer !== null) this.isolate.stopTimer(this.#timer);
    const waitMs = Math.max(0, Math.ceil(this.#engine.nextDeadlineMs - this.isolate.now()));
    const tick = () => this.#event(() => this.#engine.tick(this.isolate.now()));
    this.#timer = this.isolate.startTimer(tick, waitMs);
  }

  #device(atMs: number): void {
    this.#session.capture(SILENCE, this.world.nowMs);
    this.#session.tick(this.world.nowMs);
    this.world.at(atMs + DEVICE_MS, () => this.#device(atMs + DEVICE_MS));
  }
}
