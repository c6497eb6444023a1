// The session with the Live API across its connections: dials, sets up, resumes, and leaves before it is told to.

import { logNotice } from '../../runtime/log.ts';
import type { OutgoingSocket } from '../../runtime/outgoing-socket.ts';
import type { AgentServices } from '../agent-services.ts';
import { Redial } from '../vendor/redial.ts';
import { type Content, setupMessage } from './client-messages.ts';
import { messageOf } from './log-messages.ts';
import type { GeminiLiveOptions } from './options.ts';
import { type LogEntry, ResendLog } from './resend-log.ts';
import { readServerEvents, type ServerEvent } from './server-events.ts';

const ENDPOINT =
  'wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';

/** From dialling to `setupComplete`. */
const SETUP_MS = 10_000;
/** What `goAway` leaves is used up to this, and where it leaves less than twice as much, to its half. */
const LEAVE_EARLY_MS = 2000;
/** An outage that was final is forgotten after this, when somebody has something to say. */
const REVIVE_MS = 5000;
/** So often a handle may be refused: the connection before may not yet count as closed. */
const REFUSALS_MAX = 4;

/** RFC 6455 §7.4.1: the service closes with these when a request was wrong, which the next one would be, too. */
const WRONG_REQUEST = [1007, 1008];

export interface LineListener {
  /** What both sides have said: for a session that takes the place of one that is lost. */
  readonly history: readonly Content[];
  event(event: ServerEvent, nowMs: number): void;
  /**
   * A session stands; what is returned is sent before everything else. 'lost': it takes the place of one that could not
   * be resumed, and was told the history.
   */
  ready(session: 'new' | 'resumed' | 'lost', nowMs: number): LogEntry | null;
  /** The connection is gone, with whatever was under way on it. */
  broke(): void;
  /** The vendor cannot be had. */
  unavailable(code: string, sentence: string): void;
}

type Phase =
  | { readonly kind: 'down' }
  | { readonly kind: 'dialling'; readonly socket: OutgoingSocket; readonly untilMs: number }
  | { readonly kind: 'live'; readonly socket: OutgoingSocket; readonly leaveMs: number }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly sinceMs: number };

export class GeminiLine {
  readonly log = new ResendLog();
  readonly #options: GeminiLiveOptions;
  readonly #services: AgentServices;
  readonly #listener: LineListener;
  readonly #redial: Redial;
  #phase: Phase = { kind: 'down' };
  /** Counts sockets, so that a former one's last words are told apart. */
  #sockets = 0;
  #handle: string | null = null;
  #hadSession = false;
  #refusals = 0;
  #unreadable = 0;

  constructor(options: GeminiLiveOptions, services: AgentServices, listener: LineListener) {
    this.#options = options;
    this.#services = services;
    this.#listener = listener;
    this.#redial = new Redial({ seed: services.conversation, giveUpMs: options.giveUpMs });
  }

  /** The newest handle that the log fits to. */
  get handle(): string | null {
    return this.#handle;
  }

  /** Nobody is there, and nobody is being dialled. */
  get isDown(): boolean {
    return this.#phase.kind === 'down' || this.#phase.kind === 'failed';
  }

  get isLive(): boolean {
    return this.#phase.kind === 'live';
  }

  get nextDeadlineMs(): number {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'dialling':
        return phase.untilMs;
      case 'live':
        return phase.leaveMs;
      case 'waiting':
        return this.#redial.nextDeadlineMs;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  tick(nowMs: number): void {
    if (nowMs < this.nextDeadlineMs) return;
    const phase = this.#phase;
    if (phase.kind === 'live') return this.#move(nowMs);
    if (phase.kind === 'dialling') {
      phase.socket.close();
      return this.#lost(nowMs);
    }
    this.dial(nowMs);
  }

  /** Connects unless it is, or soon will be. */
  wake(nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind === 'failed' && nowMs - phase.sinceMs < REVIVE_MS) return;
    if (phase.kind !== 'down' && phase.kind !== 'failed') return;
    this.#redial.restart();
    this.dial(nowMs);
  }

  dial(nowMs: number): void {
    const key = this.#services.variable('GEMINI_API_KEY');
    if (key === null) return this.#fail('agent-not-configured', MISSING_KEY, nowMs);
    const endpoint = this.#services.variable('GEMINI_LIVE_URL') ?? ENDPOINT;
    const number = ++this.#sockets;
    const ifCurrent = (run: () => void): void => {
      if (number === this.#sockets) run();
    };
    const url = `${endpoint}?key=${encodeURIComponent(key)}`;
    const socket = this.#services.connect(
      { url },
      {
        opened: () => ifCurrent(() => this.#setUp(socket)),
        message: (data, now) => this.#read(data, number, now),
        closed: (code, reason, now) => ifCurrent(() => this.#closed(code, reason, now)),
      },
    );
    this.#redial.dialled();
    this.#phase = { kind: 'dialling', socket, untilMs: nowMs + SETUP_MS };
  }

  /** Sends when it can be sent, in order; `isHeld` when a checkpoint must know of it first. */
  send(entry: LogEntry, isHeld: boolean): void {
    this.log.push(entry, isHeld);
    this.#pump();
  }

  /** A checkpoint knows of everything. */
  release(): void {
    this.log.release();
    this.#pump();
  }

  /** Nobody speaks and nobody waits: the time to leave for a new connection, if the old one is about to end. */
  rest(nowMs: number): void {
    const phase = this.#phase;
    const isLeaving = phase.kind === 'live' && phase.leaveMs !== Number.POSITIVE_INFINITY;
    if (isLeaving && this.#handle !== null) this.#move(nowMs);
  }

  /** The service can go on from here; `isFit` when what the handle stands for is known without an index. */
  resumable(handle: string, consumed: number | null, isFit: () => boolean): void {
    if (consumed !== null) this.log.consumed(consumed);
    else if (!isFit()) return;
    this.#handle = handle;
  }

  close(): void {
    this.#hangUp();
    this.#phase = { kind: 'down' };
  }

  /** A state of the same line before its memory was lost. */
  restore(handle: string | null, hadSession: boolean): void {
    this.#handle = handle;
    this.#hadSession = hadSession;
  }

  get hadSession(): boolean {
    return this.#hadSession;
  }

  /** The session before cannot be resumed; its words can be told. */
  get #hasHistory(): boolean {
    return this.#hadSession && this.#handle === null && this.#listener.history.length > 0;
  }

  #setUp(socket: OutgoingSocket): void {
    const setup = setupMessage(this.#options, {
      handle: this.#handle,
      hasHistory: this.#hasHistory,
    });
    socket.send(JSON.stringify(setup));
  }

  #read(data: string | Uint8Array, number: number, nowMs: number): void {
    for (const event of readServerEvents(data)) {
      // An event may have made the line leave this socket.
      if (number !== this.#sockets) return;
      if (event.kind === 'setup-complete') this.#ready(nowMs);
      if (event.kind === 'unreadable' && this.#unreadable++ === 0)
        logNotice('gemini-live-unreadable');
      if (event.kind === 'go-away') this.#goAway(event.leftMs, nowMs);
      this.#listener.event(event, nowMs);
    }
  }

  #ready(nowMs: number): void {
    if (this.#phase.kind !== 'dialling') return;
    const { socket } = this.#phase;
    this.#phase = { kind: 'live', socket, leaveMs: Number.POSITIVE_INFINITY };
    this.#redial.connected(nowMs);
    this.#refusals = 0;
    const unresumed = this.#hadSession ? 'lost' : 'new';
    const first = this.#listener.ready(this.#handle === null ? unresumed : 'resumed', nowMs);
    const { history: contents } = this.#listener;
    this.log.restart(this.#hasHistory ? { kind: 'history', contents: [...contents] } : first);
    this.#hadSession = true;
    this.#pump();
  }

  #goAway(leftMs: number, nowMs: number): void {
    if (this.#phase.kind !== 'live') return;
    const earlyMs = Math.min(LEAVE_EARLY_MS, leftMs / 2);
    this.#phase = { ...this.#phase, leaveMs: nowMs + leftMs - earlyMs };
  }

  /** Takes the session to a new connection. The service refuses that while the old one is open, so that closes first. */
  #move(nowMs: number): void {
    this.#hangUp();
    this.#listener.broke();
    this.dial(nowMs);
  }

  #closed(code: number, reason: string, nowMs: number): void {
    const wasLive = this.#phase.kind === 'live';
    if (!wasLive && WRONG_REQUEST.includes(code) && this.#handle === null) {
      return this.#fail('agent-refused', `Gemini refuses the session: ${reason}`, nowMs);
    }
    if (!wasLive && code !== 1006) {
      this.#refusals++;
      // The session is lost; a new one takes its place.
      if (WRONG_REQUEST.includes(code) || this.#refusals >= REFUSALS_MAX) this.#handle = null;
    }
    this.#lost(nowMs);
  }

  #lost(nowMs: number): void {
    if (this.#phase.kind === 'live') this.#listener.broke();
    this.#sockets++;
    this.#phase = { kind: 'waiting' };
    if (this.#redial.lost(nowMs) === 'given-up') {
      return this.#fail('agent-unavailable', 'Gemini cannot be reached.', nowMs);
    }
    this.tick(nowMs);
  }

  #fail(code: string, sentence: string, nowMs: number): void {
    this.#hangUp();
    this.#phase = { kind: 'failed', sinceMs: nowMs };
    this.log.abandon();
    this.#listener.unavailable(code, sentence);
  }

  #hangUp(): void {
    this.#sockets++;
    if (this.#phase.kind === 'live' || this.#phase.kind === 'dialling') this.#phase.socket.close();
  }

  #pump(): void {
    if (this.#phase.kind !== 'live') return;
    const { socket } = this.#phase;
    for (let entry = this.log.take(); entry !== null; entry = this.log.take()) {
      socket.send(JSON.stringify(messageOf(entry, this.#options)));
    }
  }
}

const MISSING_KEY = 'The agent "gemini-live" needs the secret GEMINI_API_KEY.';
