// An agent that is a backend of one's own, in any language, at the other end of a WebSocket: isochron-agent.v1.

import * as v from 'valibot';
import {
  AGENT_RATE_HZ,
  type Agent,
  type AgentHost,
  type AudioGap,
  type Heard,
  type SayTextOptions,
  type TurnEnd,
  type TurnStart,
} from '../../../core/conversation/agent.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { AgentServices } from '../agent-services.ts';
import { Fallback } from '../vendor/fallback.ts';
import { BackendLink, type BackendLinkListener, type LinkFault } from './backend-link.ts';
import {
  AGENT_PROTOCOL_VERSION,
  type BackendMessage,
  type NumberedMessage,
  type StartMessage,
} from './backend-message.ts';
import { BACKEND_SPEECH_SNAPSHOT, BackendSpeech } from './backend-speech.ts';
import type { WebSocketOptions } from './options.ts';
import { OUTBOX_SNAPSHOT, Outbox } from './outbox.ts';

/** A backend acknowledges a message within this time, or is taken to be stuck. */
const ACKNOWLEDGE_MS = 10_000;

const SLOW: LinkFault = {
  code: 'agent-slow',
  sentence: 'The backend does not acknowledge what it is told.',
};

/** A caller is told of an outage that lasts so long; a shorter one is a pause. */
const PATIENCE_MS = 3000;

const SAVED = v.object({
  outbox: OUTBOX_SNAPSHOT,
  speech: BACKEND_SPEECH_SNAPSHOT,
  hasStarted: v.boolean(),
});

/** Passes on what the conversation says and asks; what it tells a backend is numbered, held, and sent again until acknowledged. */
export class WebSocketAgent implements Agent {
  readonly name = 'websocket';
  readonly hears: 'turns' | 'everything';
  readonly #options: WebSocketOptions;
  readonly #services: AgentServices;
  readonly #link: BackendLink;
  readonly #fallback: Fallback;
  readonly #outbox = new Outbox();
  #host: AgentHost | null = null;
  #speech: BackendSpeech | null = null;
  /** A backend was ready in this conversation. */
  #hasStarted = false;
  #dialAtMs = Number.POSITIVE_INFINITY;
  /** When the caller is told that nobody is there. */
  #tellAtMs = Number.POSITIVE_INFINITY;

  constructor(options: WebSocketOptions, services: AgentServices) {
    this.#options = options;
    this.#services = services;
    this.hears = options.hears;
    this.#fallback = new Fallback(options.fallback, services);
    this.#link = new BackendLink(options, services, this.#linkListener());
  }

  get nextDeadlineMs(): number {
    const acknowledgeMs = this.#outbox.waitsSinceMs + ACKNOWLEDGE_MS;
    return Math.min(this.#dialAtMs, this.#tellAtMs, this.#link.nextDeadlineMs, acknowledgeMs);
  }

  /** Not dialled here: a saved state may follow, which the backend is to be greeted with. */
  open(host: AgentHost, nowMs: number): void {
    this.#host = host;
    this.#speech = new BackendSpeech(host);
    this.#dialAtMs = nowMs;
    this.#tellAtMs = nowMs + PATIENCE_MS;
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#dialAtMs) {
      this.#dialAtMs = Number.POSITIVE_INFINITY;
      this.#link.dial(nowMs);
    }
    this.#link.tick(nowMs);
    if (nowMs >= this.#outbox.waitsSinceMs + ACKNOWLEDGE_MS) this.#link.fail(SLOW, nowMs);
    if (nowMs >= this.#tellAtMs) this.#tellOutage();
  }

  turnStarted(start: TurnStart, nowMs: number): void {
    this.#post({ type: 'turn', state: 'started', ...start }, nowMs);
  }

  audio(fromSample: number, samples: Int16Array, nowMs: number): void {
    this.#outbox.audio(fromSample, samples);
    this.#flush(nowMs);
    if (this.#outbox.isFull) this.#link.fail(SLOW, nowMs);
  }

  turnEnded(end: TurnEnd, nowMs: number): void {
    this.#post({ type: 'turn', state: 'ended', ...end }, nowMs);
  }

  gap(gap: AudioGap): void {
    this.#outbox.notice({ type: 'gap', ...gap });
  }

  text(text: string, nowMs: number): void {
    this.#post({ type: 'text', text }, nowMs);
  }

  userIdle(idleMs: number, nowMs: number): void {
    this.#post({ type: 'idle', idleMs }, nowMs);
  }

  sayText(text: string, { interruptible }: SayTextOptions, nowMs: number): void {
    this.#post({ type: 'say', text, interruptible }, nowMs);
  }

  interrupted(heard: Heard): void {
    this.#settle('interrupted', heard);
  }

  completed(heard: Heard): void {
    this.#settle('completed', heard);
  }

  stored(nowMs: number): void {
    this.#outbox.stored();
    this.#flush(nowMs);
  }

  save(): unknown {
    return {
      outbox: this.#outbox.snapshot(),
      speech: this.#speech?.snapshot(),
      hasStarted: this.#hasStarted,
    };
  }

  restore(state: unknown): void {
    const saved = v.safeParse(SAVED, state);
    if (!saved.success) return;
    this.#outbox.restore(saved.output.outbox);
    this.#speech?.restore(saved.output.speech);
    this.#hasStarted = saved.output.hasStarted;
  }

  /** What is not stored belongs to a memory that nobody takes up any more. */
  close(reason: string): void {
    this.#outbox.stored();
    if (this.#link.isReady) this.#outbox.flush((data) => this.#link.send(data), 0);
    this.#link.close(reason);
    this.#dialAtMs = Number.POSITIVE_INFINITY;
    this.#tellAtMs = Number.POSITIVE_INFINITY;
  }

  /** Takes a number and waits to be stored. A backend that was given up is wanted again. */
  #post(message: NumberedMessage, nowMs: number): void {
    this.#outbox.message(message);
    if (!this.#link.isGivenUp || this.#dialAtMs !== Number.POSITIVE_INFINITY) return;
    this.#dialAtMs = nowMs;
  }

  #settle(type: 'interrupted' | 'completed', heard: Heard): void {
    if (this.#fallback.owns(heard)) return;
    const settled = this.#speech?.settled(heard) ?? null;
    if (settled !== null) this.#outbox.message({ type, ...settled });
  }

  #flush(nowMs: number): void {
    if (this.#link.isReady) this.#outbox.flush((data) => this.#link.send(data), nowMs);
  }

  #linkListener(): BackendLinkListener {
    return {
      start: () => this.#start(),
      ready: (message, nowMs) => {
        this.#hasStarted = true;
        this.#tellAtMs = Number.POSITIVE_INFINITY;
        this.#fallback.recovered();
        this.#speech?.abandon(message.utterance);
        this.#outbox.acknowledge(message, nowMs);
        this.#flush(nowMs);
      },
      message: (message, nowMs) => this.#received(message, nowMs),
      audio: (bytes) => this.#speech?.audio(bytes),
      lost: (fault, nowMs) => this.#lost(fault, nowMs),
      givenUp: () => this.#tellOutage(),
    };
  }

  #start(): StartMessage {
    return {
      type: 'start',
      version: AGENT_PROTOCOL_VERSION,
      conversation: this.#services.conversation,
      resumed: this.#hasStarted,
      hears: this.hears,
      rateHz: AGENT_RATE_HZ,
      data: this.#options.data,
      utterances: this.#speech?.known ?? [],
    };
  }

  #lost(fault: LinkFault | null, nowMs: number): void {
    this.#outbox.unsend();
    this.#tellAtMs = Math.min(this.#tellAtMs, nowMs + PATIENCE_MS);
    if (fault !== null) this.#host?.fail(fault.code, fault.sentence);
  }

  /** The backend is missed: what it left open ends, and the caller is told. */
  #tellOutage(): void {
    this.#tellAtMs = Number.POSITIVE_INFINITY;
    this.#speech?.abandon();
    const sentence = `The agent's backend cannot be had: ${this.#link.reason}`;
    if (this.#host !== null) this.#fallback.unavailable(this.#host, 'agent-unavailable', sentence);
  }

  #received(message: Exclude<BackendMessage, { type: 'ready' }>, nowMs: number): void {
    const host = this.#host;
    if (host === null) return;
    switch (message.type) {
      case 'ack':
        return this.#outbox.acknowledge(message, nowMs);
      case 'begin':
        return this.#begin(message, nowMs);
      case 'end':
        return this.#speech?.end();
      case 'transcript':
        return host.transcript(message.party, message.text, message.final);
      case 'interrupt':
        return host.interrupt();
      case 'hangUp':
        return host.hangUp(message.reason);
      case 'transfer':
        return host.transfer(message.destination);
      case 'tool':
        return host.tool(message.name, message.state);
      case 'usage':
        return host.usage(message.amounts);
      case 'error':
        return host.fail(message.code, message.sentence);
      default:
        return unreachable(message);
    }
  }

  #begin(message: Extract<BackendMessage, { type: 'begin' }>, nowMs: number): void {
    const sentence = this.#speech?.begin(message) ?? null;
    if (sentence !== null) this.#link.fail({ code: 'agent-protocol', sentence }, nowMs);
  }
}
