// One connection to the fake Live API: checks what comes, takes it in with some delay, and lives no longer than it may.

import * as v from 'valibot';
import type { FakeConnection, FakeLine } from '../ws-server.ts';
import { CLIENT_MESSAGE, type ClientMessage, type FakeSetup } from './client-schema.ts';
import { Model } from './model.ts';
import type { GeminiService, ModelLine } from './service-ports.ts';
import type { GeminiSession } from './session.ts';

const INVALID = 'Request contains an invalid argument.';

type Phase =
  | { readonly kind: 'new' }
  | { readonly kind: 'setting-up'; readonly setup: FakeSetup; readonly readyMs: number }
  | { readonly kind: 'live'; readonly session: GeminiSession; readonly model: Model }
  | { readonly kind: 'over' };

interface Waiting {
  readonly message: Exclude<ClientMessage, { setup: FakeSetup }>;
  readonly consumeMs: number;
}

export class GeminiConnection implements FakeConnection, ModelLine {
  readonly bornMs: number;
  /** What its client asked for. */
  setup: FakeSetup | null = null;
  readonly #service: GeminiService;
  readonly #line: FakeLine;
  readonly #waiting: Waiting[] = [];
  #phase: Phase = { kind: 'new' };
  /** Messages after the setup, which has index 0, that the model has taken in. */
  #consumed = 0;
  #goAwayMs: number;
  #endMs = Number.POSITIVE_INFINITY;
  #updateMs = Number.POSITIVE_INFINITY;

  constructor(service: GeminiService, line: FakeLine, nowMs: number) {
    this.#service = service;
    this.#line = line;
    this.bornMs = nowMs;
    this.#goAwayMs = nowMs + service.options.goAwayAfterMs;
  }

  get isOver(): boolean {
    return this.#phase.kind === 'over';
  }

  receive(data: string | Uint8Array, nowMs: number): void {
    if (this.isOver) return;
    const message = this.#read(data);
    if (message === null) return this.end(1007, INVALID, nowMs);
    if ('setup' in message) return this.#setUp(message.setup, nowMs);
    if (this.#phase.kind !== 'live') {
      return this.#violate('A message came before setupComplete was sent.', nowMs);
    }
    this.#waiting.push({ message, consumeMs: nowMs + this.#service.options.consumeMs });
  }

  get nextDeadlineMs(): number {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'new':
      case 'over':
        return Number.POSITIVE_INFINITY;
      case 'setting-up':
        return Math.min(phase.readyMs, this.#endMs);
      default:
        return Math.min(
          this.#waiting[0]?.consumeMs ?? Number.POSITIVE_INFINITY,
          phase.model.nextDeadlineMs,
          this.#goAwayMs,
          this.#endMs,
          this.#updateMs,
        );
    }
  }

  tick(nowMs: number): void {
    while (this.nextDeadlineMs <= nowMs) this.#step(nowMs);
  }

  closed(_code: number, _nowMs: number): void {
    this.#leave();
  }

  /** The service ends it, as it does when something inside it has failed. */
  end(code: number, reason: string, _nowMs: number): void {
    if (this.isOver) return;
    this.#leave();
    this.#line.close(code, reason);
  }

  /** The network ends it: no close frame comes. */
  cut(): void {
    this.#leave();
    this.#line.cut();
  }

  /** Announces the end, as the service does about ten minutes after the beginning. */
  goAway(nowMs: number): void {
    const { timeLeftMs } = this.#service.options;
    this.#goAwayMs = Number.POSITIVE_INFINITY;
    this.#endMs = Math.min(this.#endMs, nowMs + timeLeftMs);
    this.post({ goAway: { timeLeft: `${timeLeftMs / 1000}s` } });
  }

  post(message: Readonly<Record<string, unknown>>): void {
    if (this.isOver) return;
    const text = JSON.stringify(message);
    this.#line.send(
      this.#service.options.frames === 'text' ? text : new TextEncoder().encode(text),
    );
  }

  /** Sends something as it is. */
  postRaw(data: string | Uint8Array): void {
    if (!this.isOver) this.#line.send(data);
  }

  /** What can be resumed from now on; nothing while the model answers or waits for a tool. */
  postUpdate(isResumable: boolean): void {
    const { setup } = this;
    if (this.#phase.kind !== 'live' || setup?.sessionResumption === undefined) return;
    const index = setup.sessionResumption.transparent
      ? { lastConsumedClientMessageIndex: String(this.#consumed) }
      : {};
    this.post({
      sessionResumptionUpdate: isResumable
        ? { newHandle: this.#service.newHandle(this.#phase.session), resumable: true, ...index }
        : { resumable: false },
    });
  }

  #step(nowMs: number): void {
    const phase = this.#phase;
    if (this.#endMs <= nowMs) return this.end(1011, 'The connection has lasted too long.', nowMs);
    if (phase.kind === 'setting-up') return this.#ready(phase.setup, nowMs);
    if (phase.kind !== 'live') return;
    const next = this.#waiting[0];
    if (next !== undefined && next.consumeMs <= nowMs) {
      this.#waiting.shift();
      this.#consumed++;
      const fault = phase.model.take(next.message, nowMs);
      if (fault !== null) this.#violate(fault, nowMs);
    } else if (this.#goAwayMs <= nowMs) this.goAway(nowMs);
    else if (this.#updateMs <= nowMs) {
      this.#updateMs += this.#service.options.updateEveryMs;
      this.postUpdate(!phase.model.isBusy);
    } else phase.model.tick(nowMs);
  }

  #read(data: string | Uint8Array): ClientMessage | null {
    try {
      const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
      const message = v.safeParse(CLIENT_MESSAGE, JSON.parse(text));
      if (message.success) return message.output;
      this.#service.violations.push(`Not a client message: ${text.slice(0, 200)}`);
    } catch {
      this.#service.violations.push('A message that is not JSON.');
    }
    return null;
  }

  #setUp(setup: FakeSetup, nowMs: number): void {
    const { platform, setupMs } = this.#service.options;
    if (this.#phase.kind !== 'new') return this.#violate('A second setup.', nowMs);
    if (setup.sessionResumption?.transparent === true && platform === 'developer') {
      return this.#violate('Transparent resumption is not offered here.', nowMs);
    }
    this.setup = setup;
    this.#phase = { kind: 'setting-up', setup, readyMs: nowMs + setupMs };
  }

  #ready(setup: FakeSetup, nowMs: number): void {
    const handle = setup.sessionResumption?.handle;
    const session =
      handle === undefined ? this.#service.startSession(nowMs) : this.#service.resume(handle);
    if (session === 'unknown') return this.end(1007, INVALID, nowMs);
    if (session === 'open') return this.#violate('The session has a connection.', nowMs, 1011);
    session.isConnected = true;
    if (setup.contextWindowCompression === undefined) {
      this.#endMs = session.bornMs + this.#service.options.sessionMs;
    }
    this.#phase = {
      kind: 'live',
      session,
      model: new Model({ service: this.#service, connection: this, session, setup }),
    };
    this.post({ setupComplete: { sessionId: session.id } });
    this.postUpdate(true);
    this.#updateMs = nowMs + this.#service.options.updateEveryMs;
  }

  #violate(sentence: string, nowMs: number, code = 1007): void {
    this.#service.violations.push(sentence);
    this.end(code, INVALID, nowMs);
  }

  #leave(): void {
    if (this.#phase.kind === 'live') this.#phase.session.isConnected = false;
    this.#phase = { kind: 'over' };
    this.#waiting.length = 0;
  }
}
