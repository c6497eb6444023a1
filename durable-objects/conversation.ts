// The Durable Object of one conversation: platform events go in, engine calls come out, and nothing is decided here.

import { DurableObject } from 'cloudflare:workers';
import * as v from 'valibot';
import { ConfigurationError, conversationConfig } from '../core/conversation/config.ts';
import type { Conversation } from '../core/conversation/conversation.ts';
import type { ConversationState } from '../core/conversation/conversation-state.ts';
import { CLOSE_CODES, type CloseName } from '../core/wire/close-codes.ts';
import { KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE, SUBPROTOCOL } from '../core/wire/messages.ts';
import { ADMISSION, ADMISSION_HEADER, type Creation } from './creation.ts';
import { type EngineAlarm, LiveEngine } from './live-engine.ts';
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
import { type RowCounts, RowMeter } from './runtime/row-meter.ts';
import { SocketLinks } from './runtime/socket-links.ts';

const STALE_TOKEN = 'A newer resume token has been used.';

/** A conversation as it stands, and what it has cost in rows. */
export interface ObservedState extends ConversationState {
  readonly rowsWritten: RowCounts;
}

/** Outcome of a request to change a conversation. */
export type ControlOutcome =
  | { readonly kind: 'done'; readonly state: ObservedState }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly sentence: string };

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
  readonly #canary: LagCanary;
  readonly #live: LiveEngine;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(
      new WebSocketRequestResponsePair(KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE),
    );
    this.#store = new ConversationStore(ctx.storage, this.#meter);
    this.#meter.restore(this.#store.rowCounts);
    const links = new SocketLinks(ctx);
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
      over: (engine, nowMs) => this.#over(engine, nowMs),
    });
    this.#takeUp(Date.now());
  }

  /** The caller's upgrade, as the Worker has admitted it. */
  override fetch(request: Request): Response {
    const nowMs = Date.now();
    const header = JSON.parse(request.headers.get(ADMISSION_HEADER) ?? 'null');
    const { creation, resumeToken, resumeIssuedMs, tokensExpireMs } = v.parse(ADMISSION, header);
    if (this.#desk.isErased) return refusedAs('ended');
    if (resumeIssuedMs !== null && !this.#store.useResumeToken(resumeIssuedMs)) {
      return refusedSocket(CLOSE_CODES.unauthorized.code, STALE_TOKEN);
    }
    if (this.#store.creation === null) this.#store.writeCreation(creation);
    this.#takeUp(nowMs);
    if (this.#live.current === null) return refusedAs('failure');
    if (this.#live.isOver) return refusedAs('ended');
    this.#store.extendTokens(tokensExpireMs);
    const pair = new WebSocketPair();
    const link = this.#links.accept(pair[1], this.#store.nextConnection(), resumeToken);
    this.#live.event('connect', (engine, nowMs) => {
      engine.connect(link.connection, link, nowMs);
      engine.store(nowMs);
    });
    const headers = { 'Sec-WebSocket-Protocol': SUBPROTOCOL };
    return new Response(null, { status: 101, headers, webSocket: pair[0] });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#live.event('message', (engine, nowMs) => {
      this.#canary.awake(nowMs);
      if (typeof message === 'string') engine.receiveText(link.connection, message, nowMs);
      else engine.receiveAudio(link.connection, new Uint8Array(message), nowMs);
    });
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#live.event('close', (engine, nowMs) => engine.disconnect(link.connection, nowMs));
    link.answerClose(code);
  }

  /** Whatever broke the socket, the client is gone, and there is nobody to answer. */
  override webSocketError(socket: WebSocket): void {
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#live.event('error', (engine, nowMs) => engine.disconnect(link.connection, nowMs));
  }

  /** Delivered at least once, and perhaps for a deadline that has moved. */
  override async alarm(): Promise<void> {
    const nowMs = Date.now();
    this.#takeUp(nowMs);
    this.#live.wantAlarms(nowMs);
    await this.#alarms.fired(nowMs);
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

  /** Ends the conversation: after the last word was heard, or at once. */
  end(afterLastWord: boolean): ControlOutcome {
    const reason = 'The service ended the conversation.';
    this.#takeUp(Date.now());
    this.#live.event('end', (engine, nowMs) => engine.end(afterLastWord, reason, nowMs));
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
