// The fake behind a WebSocket: checks how it is dialled, and keeps the sessions for who wants to look at them.

import type { FakeConnection, FakeLine } from '../ws-server.ts';
import { FakeOpenAiRealtime } from './fake-openai-realtime.ts';
import type { FakeOptions } from './fake-options.ts';

/** The service refuses other keys; here, who dials with another is told of in `violations`. */
export const FAKE_KEY = 'sk-fake';

/** A fake service: session after session, each with options of its own. Its `serve` goes to `serveFake`. */
export class FakeOpenAiService {
  readonly sessions: FakeOpenAiRealtime[] = [];
  readonly #optionsOf: (session: number) => FakeOptions;

  /** `optionsOf` is given the number of the session, from 0. */
  constructor(optionsOf: (session: number) => FakeOptions = () => ({})) {
    this.#optionsOf = optionsOf;
  }

  get violations(): string[] {
    return this.sessions.flatMap(({ violations }) => violations);
  }

  readonly serve = (line: FakeLine): FakeConnection => {
    const options = this.#optionsOf(this.sessions.length);
    const session = new FakeOpenAiRealtime(
      { cut: () => line.cut(), ...options },
      (data) => line.send(data),
      (code, reason) => line.close(code, reason),
    );
    this.sessions.push(session);
    const url = new URL(line.path, 'ws://fake');
    if (line.headers['authorization'] !== `Bearer ${FAKE_KEY}`) {
      session.violations.push('The key is not the one that was given out.');
    }
    if (url.searchParams.get('model') === null) {
      session.violations.push('The address names no model.');
    }
    if (line.headers['openai-beta'] !== undefined) {
      session.violations.push('A header asks for the beta, which is over.');
    }
    return session;
  };
}
