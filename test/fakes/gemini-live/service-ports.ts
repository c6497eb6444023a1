// What the parts of the fake know of each other: the service behind a connection, and the connection in front of a model.

import type { FakeGeminiOptions } from './fake-options.ts';
import type { GeminiSession } from './session.ts';

/** The service, as its connections and models use it. */
export interface GeminiService {
  readonly options: FakeGeminiOptions;
  /** Everything that a client sent against the rules, one sentence each. */
  readonly violations: string[];
  startSession(nowMs: number): GeminiSession;
  /** The session as it was at a handle. 'open' while a connection of it still is: the service refuses a second one. */
  resume(name: string): GeminiSession | 'unknown' | 'open';
  newHandle(session: GeminiSession): string;
  nextInput(): number;
  nextAnswer(): number;
}

/** The way from a model to its client. */
export interface ModelLine {
  post(message: Readonly<Record<string, unknown>>): void;
  /** Sends something as it is. */
  postRaw(data: string | Uint8Array): void;
  /** What can be resumed from now on; nothing while the model answers or waits for a tool. */
  postUpdate(isResumable: boolean): void;
}
