// The Durable Object of one conversation: platform events go in, engine calls come out, and nothing is decided here.

import { DurableObject } from 'cloudflare:workers';
import * as v from 'valibot';
import type { Announcement } from '../core/conversation/announcer.ts';
import { ConfigurationError, conversationConfig } from '../core/conversation/config.ts';
import type { Conversation } from '../core/conversation/conversation.ts';
import { CLOSE_CODES, type CloseName } from '../core/wire/close-codes.ts';
import { KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE, SUBPROTOCOL } from '../core/wire/messages.ts';
import { RealtimeDesk } from './bridges/realtime-sfu/realtime-desk.ts';
import type { ControlOutcome, ObservedState } from './control-outcome.ts';
import { ADMISSION, ADMISSION_HEADER, type Creation } from './creation.ts';
import { type EngineAlarm, LiveEngine } from './live-engine.ts';
import { Audience } from './observation/audience.ts';
import { type EraseOutcome, RecordingDesk } from './recording/desk.ts';
import { EndedConversation } from './recording/ended-conversation.ts';
import type { RecordingReport } from './recording/recorder.ts';
import { Alarms } from './runtime/alarms.ts';
import { background } from './runtime/background.ts';
import { ConversationStore } from './runtime/conversation-store.ts';
import { burnIsolate } from './runtime/isolate-burner.ts';
import { isolateLag, lagWarningMs } from './runtime/isolate-lag.ts';
import { LagCanary } from './runtime/lag-canary.ts';
import { logFault } from './runtime/log.ts';
import { refusedSocket } from './runtime/refused-socket.ts';
import { RowMeter } from './runtime/row-meter.ts';
import { SocketLink } from './runtime/socket-link.ts';
import { SocketLinks } from './runtime/socket-links.ts';

const STALE_TOKEN = 'A newer resume token has been used.';
const END_NOT_STORED =
  'The end could not be stored yet; it is tried again. Ask again to know that it was.';

/**
 * One conversation. Every platform event reads the clock once and becomes one call of the engine. A fault in an event
 * costs the memory, never the conversation: its client reconnects, and the engine goes on from its last checkpoint.
 */
export class ConversationObject extends DurableObject<Env> {
  readonly #store: ConversationStore;
  readonly #meter = new RowMeter();
  readonly #alarms: Alarms<EngineAlarm | 'recording' | 'webhook'>;
  readonly #links: SocketLinks;
  readonly #desk: RecordingDesk;
  readonly #realtime: RealtimeDesk;
  readonly #canary: LagCanary;
  readonly #audience: Audience;
  readonly #live: LiveEngine;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(
      new WebSocketRequestResponsePair(KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE),
    );
    this.#store = new ConversationStore(ctx.storage, this.#meter);
    this.#meter.restore(this.#store.rowCounts);
    this.#audience = new Audience(ctx, env);
    this.#realtime = new RealtimeDesk(ctx, env);
    const links = new SocketLinks(ctx, () => this.#realtime.renew());
    this.#links = links;
    this.#canary = new LagCanary({
      isolate: isolateLag,
      conversation: ctx.id.toString(),
      warningMs: lagWarningMs(env),
      now: () => Date.now(),
      startTimer: (run, delayMs) => setTimeout(run, delayMs),
    });
    const { storage } = ctx;
    this.#alarms = new Alarms(
      {
        setAlarm: (atMs) => {
          this.#meter.wrote('alarm');
          // Unconfirmed: audio must not wait until it is on disk.
          background(ctx, 'set-alarm', storage.setAlarm(atMs, { allowUnconfirmed: true }));
        },
        failed: (name, fault) => logFault('alarm-failed', fault, { name, conversation: this.#id }),
      },
      {
        engine: () => this.#live.wake(),
        flush: () => this.#live.wake(),
        retention: (nowMs) => this.#expire(nowMs),
        recording: async (nowMs) => {
          await this.#desk.recordingDue(nowMs);
          await this.#expire(nowMs);
        },
        webhook: async (nowMs) => {
          await this.#desk.webhookDue(nowMs);
          await this.#expire(nowMs);
        },
      },
    );
    const ended = new EndedConversation(storage, this.#store, this.#meter);
    this.#desk = new RecordingDesk({
      conversation: this.#id,
      env,
      storage,
      meter: this.#meter,
      journal: ended,
      speech: ended,
      want: (name, atMs) => this.#alarms.want(name, atMs),
      now: () => Date.now(),
    });
    this.#live = new LiveEngine({
      ctx,
      env,
      store: this.#store,
      meter: this.#meter,
      links,
      canary: this.#canary,
      alarms: this.#alarms,
      audience: this.#audience,
      over: (engine, nowMs) => this.#over(engine, nowMs),
    });
    this.#takeUp(Date.now());
  }

  /** The caller's upgrade, as the Worker has admitted it. */
  override fetch(request: Request): Response | Promise<Response> {
    const nowMs = Date.now();
    this.#takeUp(nowMs);
    const aside = this.#audience.answer(request, this.#live) ?? this.#realtime.answer(request);
    if (aside !== null) return aside;
    const header = JSON.parse(request.headers.get(ADMISSION_HEADER) ?? 'null');
    const admission = v.parse(ADMISSION, header);
    const { creation, resumeIssuedMs, tokensExpireMs } = admission;
    if (this.#desk.isErased) return refusedAs('ended');
    if (resumeIssuedMs !== null && !this.#store.useResumeToken(resumeIssuedMs)) {
      return refusedSocket(CLOSE_CODES.unauthorized.code, STALE_TOKEN);
    }
    if (creation !== null && this.#store.creation === null) this.#store.writeCreation(creation);
    if (this.#store.creation === null) return refusedAs('unknown-conversation');
    this.#takeUp(nowMs);
    if (this.#live.current === null) return refusedAs('failure');
    if (this.#live.isOver) return refusedAs('ended');
    this.#store.extendTokens(tokensExpireMs);
    const pair = new WebSocketPair();
    const number = this.#store.nextConnection();
    const link = this.#links.accept(pair[1], number, admission);
    this.#live.event('connect', (engine, nowMs) => this.#links.opened(link, engine, nowMs));
    const headers = link instanceof SocketLink ? { 'Sec-WebSocket-Protocol': SUBPROTOCOL } : {};
    return new Response(null, { status: 101, headers, webSocket: pair[0] });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (this.#audience.message(socket, message)) return;
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#live.event('message', (engine, nowMs) => {
      this.#canary.awake(nowMs);
      const received = typeof message === 'string' ? message : new Uint8Array(message);
      link.received(received, engine, nowMs);
    });
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    if (this.#audience.closed(socket)) return;
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#live.event('close', (engine, nowMs) => link.left(engine, nowMs));
    link.answerClose(code);
  }

  /** Whatever broke the socket, the client is gone, and there is nobody to answer. */
  override webSocketError(socket: WebSocket): void {
    if (this.#audience.closed(socket)) return;
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#live.event('error', (engine, nowMs) => link.left(engine, nowMs));
  }

  /** Delivered at least once, and perhaps for a deadline that has moved. */
  override async alarm(): Promise<void> {
    const nowMs = Date.now();
    this.#takeUp(nowMs);
    this.#live.wantAlarms(nowMs);
    await this.#alarms.fired(nowMs);
  }

  /** Says what the conversation is made from, before its first client comes. */
  prepare(creation: Creation, tokensExpireMs: number): void {
    if (this.#desk.isErased) return;
    if (this.#store.creation === null) this.#store.writeCreation(creation);
    this.#store.extendTokens(tokensExpireMs);
    this.#takeUp(Date.now());
    // Whoever does not come is waited for no longer than a client that has gone.
    this.#live.event('prepare', () => {});
  }

  /** The conversation as it stands, or null when no client has ever come. Throws when it cannot be taken up. */
  state(): ObservedState | null {
    const nowMs = Date.now();
    if (this.#store.creation === null) return null;
    this.#takeUp(nowMs);
    const engine = this.#live.current;
    if (engine === null) throw new Error('The conversation cannot be taken up.');
    return { ...engine.state(nowMs), rowsWritten: this.#meter.counts };
  }

  /** Changes settings in mid-call. */
  configure(overrides: Creation['settings']): ControlOutcome {
    const { creation } = this.#store;
    if (creation === null) return { kind: 'unknown' };
    try {
      const settings = { ...creation.settings, ...overrides };
      const config = conversationConfig(settings);
      this.#store.writeCreation({ ...creation, settings });
      this.#live.event('configure', (engine, nowMs) => engine.configure(config, nowMs));
    } catch (fault) {
      if (!(fault instanceof ConfigurationError)) throw fault;
      return { kind: 'refused', sentence: fault.message };
    }
    return this.#outcome();
  }

  /** Has something said for the service. */
  say(announcement: Announcement): ControlOutcome {
    this.#takeUp(Date.now());
    let sentence = null as string | null;
    this.#live.event('say', (engine, nowMs) => {
      sentence = engine.say(announcement, nowMs);
    });
    return sentence === null ? this.#outcome() : { kind: 'refused', sentence };
  }

  /** Ends the conversation: after the last word was heard, or at once. */
  end(afterLastWord: boolean): ControlOutcome {
    const reason = 'The service ended the conversation.';
    this.#takeUp(Date.now());
    this.#live.event('end', (engine, nowMs) => engine.end(afterLastWord, reason, nowMs));
    if (this.#live.current?.withholds) return { kind: 'not-stored', sentence: END_NOT_STORED };
    return this.#outcome();
  }

  /** Where its recording stands, or null when no client has ever come. */
  recording(): RecordingReport | null {
    return this.#store.creation === null ? null : this.#desk.report;
  }

  /** Ends the conversation, and deletes everything of it. */
  async erase(): Promise<EraseOutcome> {
    if (this.#store.creation === null && !this.#desk.isErased) return { kind: 'unknown' };
    this.end(false);
    this.#live.drop();
    const outcome = await this.#desk.erase(Date.now());
    this.#alarms.settle(Date.now());
    return outcome;
  }

  /** For development: computes for `burnMs` at a stretch, every `everyMs`, for `forMs` in all. */
  burn(burnMs: number, everyMs: number, forMs: number): void {
    burnIsolate(burnMs, everyMs, forMs, () => this.#canary.began('burn', Date.now()));
  }

  /** Takes the conversation up from what is stored, unless it is in memory or was deleted. */
  #takeUp(nowMs: number): void {
    const { creation } = this.#store;
    if (this.#live.current !== null || creation === null || this.#desk.isErased) return;
    this.#desk.configure(creation, nowMs);
    this.#live.takeUp(nowMs);
  }

  /** What there is to do when a call is over is done in its own time. */
  #over(engine: Conversation, nowMs: number): void {
    this.#audience.over(nowMs);
    this.#realtime.over();
    if (this.#desk.isEndTold) return;
    engine.store(nowMs);
    const { agent, statistics } = engine.state(nowMs);
    const subject = this.#store.creation?.subject ?? null;
    this.#desk.conversationEnded({ agent, subject, statistics }, nowMs);
  }

  /** Nothing is left of a conversation that is over when no token opens it any more. */
  async #expire(nowMs: number): Promise<void> {
    if (this.#live.current !== null && !this.#live.isOver) return;
    if (nowMs < this.#store.tokensExpireMs || this.#desk.isBusy) return;
    await this.ctx.storage.deleteAll();
    this.#live.drop();
  }

  get #id(): string {
    return this.ctx.id.toString();
  }

  #outcome(): ControlOutcome {
    const state = this.state();
    return state === null ? { kind: 'unknown' } : { kind: 'done', state };
  }
}

function refusedAs(name: CloseName): Response {
  const { code, sentence } = CLOSE_CODES[name];
  return refusedSocket(code, sentence);
}
