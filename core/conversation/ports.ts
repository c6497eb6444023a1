// The ports of the engine towards its one client connection and towards durable storage.

import type { ServerMessage } from '../wire/messages.ts';

/** The live connection. Calls on a connection that is gone do nothing. */
export interface ClientLink {
  /** Reconnects the call when the client's token has run out; null where clients need none. */
  readonly resumeToken: string | null;
  /** A whole binary packet; valid during the call only, since the engine reuses the bytes. */
  sendAudio(packet: Uint8Array): void;
  /** A control message; valid during the call only. */
  sendControl(message: ServerMessage): void;
  /** Closes the connection with a code of close-codes.ts and its reason. */
  close(code: number, reason: string): void;
}

/**
 * Asks the shell to write `Conversation.snapshot()` before it tells anyone of what has just happened.
 * The engine calls it synchronously, between the change of its own state and the first effect.
 */
export interface CheckpointPort {
  checkpoint(): void;
}

/** Speech that does not fit into memory: fixed blocks of samples, keyed by their number since the conversation began. */
export interface SpeechSpill {
  write(block: number, samples: Int16Array): void;
  /** Fills `into` and returns true, or returns false when the block is not there. */
  read(block: number, into: Int16Array): boolean;
  /** Forgets every block below this one. */
  dropBelow(block: number): void;
}

/** How late the isolate is, by its own clock as far as that can show it, and by its clients. Shared by all its conversations. */
export interface LagPort {
  /** The longest that a timer was late since this was last asked; always 0 where the clock stands still meanwhile. */
  takeLateMs(): number;
  /** A client has measured a lag, and placed it in the isolate. */
  clientLag(lagMs: number): void;
  /** Every lag of the isolate so far, in a summary of the moment. */
  readonly lagSummary: LagSummary;
}

export interface LagSummary {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Lags longer than the operator wants to hear of. */
  readonly warnings: number;
}

/** For an engine whose surroundings measure nothing. */
export const NO_LAG: LagPort = {
  takeLateMs: () => 0,
  clientLag: () => {},
  lagSummary: { p50Ms: 0, p99Ms: 0, maxMs: 0, warnings: 0 },
};
