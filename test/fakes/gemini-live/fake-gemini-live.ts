// A Live API for tests, with the semantics of https://ai.google.dev/api/live: sessions, their handles, and who may connect.

import type { FakeLine } from '../ws-server.ts';
import { FAKE_DEFAULTS, type FakeGeminiOptions } from './fake-options.ts';
import { GeminiConnection } from './gemini-connection.ts';
import type { GeminiService } from './service-ports.ts';
import { GeminiSession } from './session.ts';

/** Path of the method; ephemeral tokens have another one. */
export const LIVE_PATH =
  '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';

/** What a handle stands for: a session as it was. */
interface Handle {
  readonly session: GeminiSession;
  readonly takenCount: number;
}

/** The service: remembers sessions across connections, and what clients did wrong. */
export class FakeGeminiLive implements GeminiService {
  readonly options: FakeGeminiOptions;
  readonly sessions: GeminiSession[] = [];
  readonly connections: GeminiConnection[] = [];
  /** Everything that a client sent against the rules, one sentence each. */
  readonly violations: string[] = [];
  /** While true, nobody is let in. */
  isDown = false;
  readonly #handles = new Map<string, Handle>();
  #inputs = 0;
  #answers = 0;

  constructor(options: Partial<FakeGeminiOptions> = {}) {
    this.options = { ...FAKE_DEFAULTS, ...options };
  }

  /** A socket was opened. */
  connect(line: FakeLine, nowMs: number): GeminiConnection {
    const connection = new GeminiConnection(this, line, nowMs);
    this.connections.push(connection);
    const [path, query] = line.path.split('?');
    // The SDK writes the first slash twice.
    if (path?.replace(/^\/+/, '/') !== LIVE_PATH)
      this.violations.push(`There is nothing at ${path}.`);
    if (this.isDown) connection.end(1013, 'The service is currently unavailable.', nowMs);
    else if (new URLSearchParams(query).get('key') !== this.options.apiKey) {
      connection.end(1007, 'API key not valid. Please pass a valid API key.', nowMs);
    }
    return connection;
  }

  /** The newest session. */
  get session(): GeminiSession {
    return this.sessions.at(-1)!;
  }

  get connection(): GeminiConnection {
    return this.connections.at(-1)!;
  }

  startSession(nowMs: number): GeminiSession {
    const session = new GeminiSession(`session-${this.sessions.length + 1}`, nowMs);
    this.sessions.push(session);
    return session;
  }

  /** The session as it was at a handle. 'open' while a connection of it still is: the service refuses a second one. */
  resume(name: string): GeminiSession | 'unknown' | 'open' {
    const handle = this.#handles.get(name);
    if (handle === undefined) return 'unknown';
    const { session, takenCount } = handle;
    if (session.isConnected) return 'open';
    session.taken.length = takenCount;
    return session;
  }

  newHandle(session: GeminiSession): string {
    const name = `handle-${this.#handles.size + 1}`;
    this.#handles.set(name, { session, takenCount: session.taken.length });
    return name;
  }

  /** No handle is good any more. */
  forgetHandles(): void {
    this.#handles.clear();
  }

  nextInput(): number {
    return ++this.#inputs;
  }

  nextAnswer(): number {
    return ++this.#answers;
  }

  /** Answers that were begun. */
  get answers(): number {
    return this.#answers;
  }
}
