// The connection to OpenAI Realtime: dialled, set up, watched, renewed before it expires, and dialled again when it is lost.

import { unreachable } from '../../../core/unreachable.ts';
import type { OutgoingSocket } from '../../runtime/outgoing-socket.ts';
import type { AgentServices } from '../agent-services.ts';
import { Redial } from '../vendor/redial.ts';
import type { ClientEvent } from './client-event.ts';
import { parseServerEvent, type ServerEvent } from './server-event.ts';
import type { SessionSettings } from './session-settings.ts';

const ENDPOINT = 'https://api.openai.com/v1/realtime';

/** A session ends after 60 minutes without a warning: from here on a quiet moment is used to open another. */
const RENEWED_MS = 55 * 60_000;
/** An outage that lasts longer is given up until somebody speaks. */
const GIVE_UP_MS = 30_000;
const SETTING_UP = 'set-up';
const NORMAL_CLOSURE = 1000;

type SessionPhase =
  /** There is no connection, and none is wanted. */
  | { readonly kind: 'closed' }
  /** Another attempt would end like the last. */
  | { readonly kind: 'refused' }
  /** There will be one when `redial` says so. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'dialling'; readonly socket: OutgoingSocket }
  /** Everything may be sent; whether the vendor takes our settings is not known yet. */
  | { readonly kind: 'setting-up'; readonly socket: OutgoingSocket; readonly sinceMs: number }
  | { readonly kind: 'ready'; readonly socket: OutgoingSocket; readonly sinceMs: number };

export interface SessionOptions {
  readonly services: AgentServices;
  readonly settings: SessionSettings;
  /** How long the vendor may be silent while something is awaited. */
  readonly patienceMs: number;
}

export interface SessionCalls {
  /** A new session takes events from now on; it knows nothing of the conversation. */
  opened(nowMs: number): void;
  event(event: ServerEvent, nowMs: number): void;
  /** The session is gone, and what it was doing with it. Another is on its way. */
  lost(nowMs: number): void;
  /** The vendor cannot be had, for this reason. */
  unavailable(code: string, sentence: string): void;
}

/** One connection at a time. */
export class VendorSession {
  readonly #options: SessionOptions;
  readonly #calls: SessionCalls;
  readonly #redial: Redial;
  #phase: SessionPhase = { kind: 'closed' };
  /** Since when the vendor owes us something; null when it does not. */
  #owedSinceMs: number | null = null;
  #number = 0;

  constructor(options: SessionOptions, calls: SessionCalls) {
    this.#options = options;
    this.#calls = calls;
    const { conversation: seed } = options.services;
    this.#redial = new Redial({ seed, giveUpMs: GIVE_UP_MS });
  }

  /** Counts sessions: an item of another number is one that this session does not know. */
  get number(): number {
    return this.#number;
  }

  get canSend(): boolean {
    return this.#phase.kind === 'setting-up' || this.#phase.kind === 'ready';
  }

  send(event: ClientEvent): void {
    if (this.#phase.kind !== 'setting-up' && this.#phase.kind !== 'ready') return;
    this.#phase.socket.send(JSON.stringify(event));
  }

  /** Dials, unless that is under way. */
  open(): void {
    if (this.#phase.kind !== 'closed') return;
    this.#redial.restart();
    this.#dial();
  }

  /** The vendor owes an answer from now on, or (false) nothing. */
  awaits(isOwed: boolean, nowMs: number): void {
    if (!isOwed) this.#owedSinceMs = null;
    else this.#owedSinceMs ??= nowMs;
  }

  /** Opens another session in place of one that is old; for a moment in which nothing is under way. */
  renew(nowMs: number): void {
    if (nowMs < this.renewFromMs) return;
    this.#hangUp();
    this.#calls.lost(nowMs);
    this.#redial.restart();
    this.#dial();
  }

  /** From when on `renew` does something. */
  get renewFromMs(): number {
    return this.#phase.kind === 'ready'
      ? this.#phase.sinceMs + RENEWED_MS
      : Number.POSITIVE_INFINITY;
  }

  close(): void {
    this.#hangUp();
    this.#phase = { kind: 'closed' };
  }

  get nextDeadlineMs(): number {
    const { patienceMs } = this.#options;
    const owedMs = (this.#owedSinceMs ?? Number.POSITIVE_INFINITY) + patienceMs;
    switch (this.#phase.kind) {
      case 'closed':
      case 'refused':
        return Number.POSITIVE_INFINITY;
      case 'waiting':
        return Math.min(this.#redial.nextDeadlineMs, owedMs);
      case 'dialling':
      case 'ready':
        return owedMs;
      case 'setting-up':
        return Math.min(owedMs, this.#phase.sinceMs + patienceMs);
      default:
        return unreachable(this.#phase);
    }
  }

  tick(nowMs: number): void {
    const { patienceMs } = this.#options;
    const isOverdue = this.#owedSinceMs !== null && nowMs >= this.#owedSinceMs + patienceMs;
    switch (this.#phase.kind) {
      case 'waiting':
      case 'dialling':
        if (isOverdue) this.#tellOverdue(nowMs);
        if (nowMs >= this.#redial.nextDeadlineMs) this.#dial();
        return;
      case 'setting-up':
        if (isOverdue || nowMs >= this.#phase.sinceMs + patienceMs) this.#lost(nowMs);
        return;
      case 'ready':
        if (isOverdue) this.#lost(nowMs);
        return;
      default:
        return;
    }
  }

  #tellOverdue(nowMs: number): void {
    this.#owedSinceMs = nowMs;
    this.#calls.unavailable('agent-unreachable', 'The agent cannot be reached at the moment.');
  }

  #dial(): void {
    const { services, settings } = this.#options;
    const key = services.variable('OPENAI_API_KEY');
    const override = services.variable('OPENAI_REALTIME_URL');
    if (key === null && override === null) {
      const sentence = 'The agent is not set up: it needs the secret OPENAI_API_KEY.';
      this.#phase = { kind: 'refused' };
      this.#calls.unavailable('agent-not-configured', sentence);
      return;
    }
    const url = new URL(override ?? ENDPOINT);
    url.searchParams.set('model', settings.model);
    const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
    this.#redial.dialled();
    const number = ++this.#number;
    const isCurrent = (): boolean => number === this.#number;
    const socket = services.connect(
      { url: url.href, headers },
      {
        opened: (at) => {
          if (isCurrent()) this.#opened(at);
        },
        message: (data, at) => {
          if (isCurrent()) this.#message(data, at);
        },
        closed: (_code, _reason, at) => {
          if (isCurrent()) this.#lost(at);
        },
      },
    );
    this.#phase = { kind: 'dialling', socket };
  }

  #opened(nowMs: number): void {
    if (this.#phase.kind !== 'dialling') return;
    this.#phase = { kind: 'setting-up', socket: this.#phase.socket, sinceMs: nowMs };
    if (this.#owedSinceMs !== null) this.#owedSinceMs = nowMs;
    const { settings: session } = this.#options;
    this.send({ type: 'session.update', event_id: SETTING_UP, session });
    this.#calls.opened(nowMs);
  }

  #message(data: string | Uint8Array, nowMs: number): void {
    const parsed = parseServerEvent(data);
    // What cannot be read is no sign of life: a vendor that sends nothing else is lost when patience ends.
    if (parsed.kind === 'malformed') return;
    if (this.#owedSinceMs !== null) this.#owedSinceMs = nowMs;
    if (parsed.kind === 'unknown') return;
    const { event } = parsed;
    if (event.type === 'session.updated') this.#settled(nowMs);
    else if (event.type === 'error' && event.error.event_id === SETTING_UP) this.#misconfigured();
    else this.#calls.event(event, nowMs);
  }

  #settled(nowMs: number): void {
    if (this.#phase.kind !== 'setting-up') return;
    this.#phase = { kind: 'ready', socket: this.#phase.socket, sinceMs: nowMs };
    this.#redial.connected(nowMs);
  }

  #misconfigured(): void {
    this.#hangUp();
    this.#phase = { kind: 'refused' };
    const sentence = 'The vendor refuses the settings of this agent.';
    this.#calls.unavailable('agent-misconfigured', sentence);
  }

  #lost(nowMs: number): void {
    // An outage is one from its beginning, however many attempts it takes.
    if (this.canSend && this.#owedSinceMs !== null) this.#owedSinceMs = nowMs;
    this.#hangUp();
    const outcome = this.#redial.lost(nowMs);
    this.#phase = outcome === 'waiting' ? { kind: 'waiting' } : { kind: 'closed' };
    this.#calls.lost(nowMs);
    if (outcome === 'given-up') {
      this.#calls.unavailable('agent-unreachable', 'The agent cannot be reached.');
    } else if (nowMs >= this.#redial.nextDeadlineMs) this.#dial();
  }

  #hangUp(): void {
    this.#number++;
    if ('socket' in this.#phase) this.#phase.socket.close(NORMAL_CLOSURE, '');
  }
}
