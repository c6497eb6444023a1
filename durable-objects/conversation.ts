// The Durable Object of one conversation: platform events go in, engine calls come out, and nothing is decided here.

import { DurableObject } from 'cloudflare:workers';
import * as v from 'valibot';
import { ConfigurationError, conversationConfig } from '../core/conversation/config.ts';
import { Conversation } from '../core/conversation/conversation.ts';
import type { ConversationState } from '../core/conversation/conversation-state.ts';
import { CLOSE_CODES, type CloseName } from '../core/wire/close-codes.ts';
import { KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE, SUBPROTOCOL } from '../core/wire/messages.ts';
import { makeAgent } from './agents/catalogue.ts';
import { GuardedAgent } from './agents/guarded-agent.ts';
import { ADMISSION, ADMISSION_HEADER, type Creation } from './creation.ts';
import { background } from './runtime/background.ts';
import { ConversationStore } from './runtime/conversation-store.ts';
import { DeadlineTimer } from './runtime/deadline-timer.ts';
import { burnIsolate } from './runtime/isolate-burner.ts';
import { isolateLag, lagWarningMs } from './runtime/isolate-lag.ts';
import { isolateLedger } from './runtime/isolate-ledger.ts';
import { LagCanary } from './runtime/lag-canary.ts';
import { logFault } from './runtime/log.ts';
import { refusedSocket } from './runtime/refused-socket.ts';
import { scorerFactory } from './runtime/scorers.ts';
import { SocketLinks } from './runtime/socket-links.ts';
import { SpeechStore } from './runtime/speech-store.ts';
import { isTeardown } from './runtime/teardown.ts';

/** After a fault, the conversation is taken up again from its checkpoint when a client comes, or after this long. */
const RECOVERY_MS = 30_000;

const STALE_TOKEN = 'A newer resume token has been used.';

/** Outcome of a request to change a conversation. */
export type ControlOutcome =
  | { readonly kind: 'done'; readonly state: ConversationState }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly sentence: string };

/**
 * One conversation. Every platform event reads the clock once and becomes one call of the engine. A fault in an event
 * costs the memory, never the conversation: its client reconnects, and the engine goes on from its last checkpoint.
 */
export class ConversationObject extends DurableObject<Env> {
  readonly #store: ConversationStore;
  readonly #timer: DeadlineTimer;
  readonly #links: SocketLinks;
  readonly #canary: LagCanary;
  #engine: Conversation | null = null;
  /** Nothing is due soon, and the last checkpoint tells all. */
  #isResting = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(
      new WebSocketRequestResponsePair(KEEP_ALIVE_REQUEST, KEEP_ALIVE_RESPONSE),
    );
    this.#store = new ConversationStore(ctx.storage);
    this.#links = new SocketLinks(ctx);
    this.#canary = new LagCanary({
      isolate: isolateLag,
      conversation: ctx.id.toString(),
      warningMs: lagWarningMs(env),
      now: () => Date.now(),
      startTimer: (run, delayMs) => setTimeout(run, delayMs),
    });
    this.#timer = new DeadlineTimer({
      alarms: ctx.storage,
      wake: () => this.#event('timer', (engine, nowMs) => engine.tick(nowMs)),
      background: (name, work) => background(ctx, name, work),
    });
    this.#takeUp(Date.now());
  }

  /** The caller's upgrade, as the Worker has admitted it. */
  override fetch(request: Request): Response {
    const nowMs = Date.now();
    const header = JSON.parse(request.headers.get(ADMISSION_HEADER) ?? 'null');
    const { creation, resumeToken, resumeIssuedMs, tokensExpireMs } = v.parse(ADMISSION, header);
    if (resumeIssuedMs !== null && !this.#store.useResumeToken(resumeIssuedMs)) {
      return refusedSocket(CLOSE_CODES.unauthorized.code, STALE_TOKEN);
    }
    if (this.#store.creation === null) this.#store.writeCreation(creation);
    this.#takeUp(nowMs);
    if (this.#engine === null) return refusedAs('failure');
    if (isOver(this.#engine)) return refusedAs('ended');
    this.#store.extendTokens(tokensExpireMs);
    const pair = new WebSocketPair();
    const link = this.#links.accept(pair[1], this.#store.nextConnection(), resumeToken);
    this.#event('connect', (engine, nowMs) => {
      engine.connect(link.connection, link, nowMs);
      this.#store.writeCheckpoint(engine.snapshot());
    });
    const headers = { 'Sec-WebSocket-Protocol': SUBPROTOCOL };
    return new Response(null, { status: 101, headers, webSocket: pair[0] });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#event('message', (engine, nowMs) => {
      this.#canary.awake(nowMs);
      if (typeof message === 'string') engine.receiveText(link.connection, message, nowMs);
      else engine.receiveAudio(link.connection, new Uint8Array(message), nowMs);
    });
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#event('close', (engine, nowMs) => engine.disconnect(link.connection, nowMs));
    link.answerClose(code);
  }

  /** Whatever broke the socket, the client is gone, and there is nobody to answer. */
  override webSocketError(socket: WebSocket): void {
    const link = this.#links.of(socket);
    if (link === null) return;
    this.#event('error', (engine, nowMs) => engine.disconnect(link.connection, nowMs));
  }

  /** Delivered at least once, and perhaps for a deadline that has moved: `tick` finds out what is due. */
  override async alarm(): Promise<void> {
    const nowMs = Date.now();
    this.#timer.alarmFired();
    this.#takeUp(nowMs);
    const goesOn = this.#engine !== null && !isOver(this.#engine);
    if (!goesOn && nowMs >= this.#store.tokensExpireMs) {
      await this.ctx.storage.deleteAll();
      this.#engine = null;
    } else {
      this.#event('alarm', (engine, nowMs) => engine.tick(nowMs));
    }
  }

  /** The conversation as it stands, or null when no client has ever come. Throws when it cannot be taken up. */
  state(): ConversationState | null {
    const nowMs = Date.now();
    if (this.#store.creation === null) return null;
    this.#takeUp(nowMs);
    if (this.#engine === null) throw new Error('The conversation cannot be taken up.');
    return this.#engine.state(nowMs);
  }

  /** Changes settings in mid-call. */
  configure(overrides: Creation['settings']): ControlOutcome {
    const { creation } = this.#store;
    if (creation === null) return { kind: 'unknown' };
    try {
      const settings = { ...creation.settings, ...overrides };
      const config = conversationConfig(settings);
      this.#store.writeCreation({ ...creation, settings });
      this.#event('configure', (engine, nowMs) => engine.configure(config, nowMs));
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
    this.#event('end', (engine, nowMs) => engine.end(afterLastWord, reason, nowMs));
    return this.#outcome();
  }

  /** For development: computes for `burnMs` at a stretch, every `everyMs`, for `forMs` in all. */
  burn(burnMs: number, everyMs: number, forMs: number): void {
    burnIsolate(burnMs, everyMs, forMs, () => this.#canary.began('burn', Date.now()));
  }

  /** Makes the engine out of what is stored, and tells a client that is still connected. */
  #takeUp(nowMs: number): void {
    if (this.#engine !== null) return;
    const { creation, checkpoint } = this.#store;
    if (creation === null) return;
    try {
      const engine = this.#make(creation, nowMs);
      const link = this.#links.keepNewest();
      if (checkpoint !== null) {
        engine.restore(checkpoint, link?.connection ?? 0, link);
        engine.wake(nowMs);
      }
      this.#engine = engine;
      this.#rest(engine, nowMs);
    } catch (fault) {
      this.#fail('take-up', fault, nowMs);
    }
  }

  #make(creation: Creation, nowMs: number): Conversation {
    const inEvent = (moment: string) => (run: (nowMs: number) => void) =>
      this.#event(moment, (current, nowMs) => {
        // What an engine that is gone has waited for concerns nobody.
        if (current === engine) current.outsideEvent(run, nowMs);
      });
    const agent = makeAgent(creation.agent, {
      assets: this.env.ASSETS,
      inEvent: inEvent('agent'),
    });
    const engine = new Conversation(
      {
        id: this.ctx.id.toString(),
        config: conversationConfig(creation.settings),
        turnTaking: creation.turnTaking,
        agent: new GuardedAgent(agent),
        createScorer: scorerFactory(creation.scorer, {
          env: this.env,
          conversation: this.ctx.id.toString(),
          inEvent: inEvent('scorer'),
        }),
        ledger: isolateLedger(),
        spill: new SpeechStore(this.ctx.storage.sql),
        checkpoint: { checkpoint: () => this.#store.writeCheckpoint(engine.snapshot()) },
        lag: this.#canary,
      },
      nowMs,
    );
    return engine;
  }

  /** Runs one event: the clock is read here, and nowhere further in. */
  #event(moment: string, run: (engine: Conversation, nowMs: number) => void): void {
    const engine = this.#engine;
    if (engine === null) return;
    const nowMs = Date.now();
    this.#canary.began(moment, nowMs);
    try {
      run(engine, nowMs);
      this.#rest(engine, nowMs);
    } catch (fault) {
      this.#fail(moment, fault, nowMs);
    }
  }

  /** Sees to the next deadline. An object with none soon may lose its memory, so it leaves a checkpoint. */
  #rest(engine: Conversation, nowMs: number): void {
    // A conversation that is over can be read until no token opens it any more.
    const deadlineMs = isOver(engine) ? this.#store.tokensExpireMs : engine.nextDeadlineMs;
    this.#timer.arm(deadlineMs, nowMs);
    const wasResting = this.#isResting;
    this.#isResting = !this.#timer.isNear;
    if (this.#isResting && !wasResting) this.#store.writeCheckpoint(engine.snapshot());
  }

  /** The engine's memory cannot be trusted any more: its client comes back to what the last checkpoint says. */
  #fail(moment: string, fault: unknown, nowMs: number): void {
    const fields = { conversation: this.ctx.id.toString(), moment };
    if (!isTeardown(fault)) logFault('conversation-failed', fault, fields);
    this.#engine = null;
    this.#isResting = false;
    this.#links.closeFailed();
    this.#timer.arm(nowMs + RECOVERY_MS, nowMs);
  }

  #outcome(): ControlOutcome {
    const state = this.state();
    return state === null ? { kind: 'unknown' } : { kind: 'done', state };
  }
}

/** Only a conversation that has ended waits for nothing at all. */
function isOver(engine: Conversation): boolean {
  return engine.nextDeadlineMs === Number.POSITIVE_INFINITY;
}

function refusedAs(name: CloseName): Response {
  const { code, sentence } = CLOSE_CODES[name];
  return refusedSocket(code, sentence);
}
