// The ports of the engine towards its one client connection and towards durable storage.

import type { JournalRow } from '../recording/journal-row.ts';
import type { AudioFormat, ServerMessage } from '../wire/messages.ts';

/** What a client sends and what it plays. */
export interface WireFormats {
  readonly uplink: AudioFormat;
  readonly downlink: AudioFormat;
}

/** The live connection. Calls on a connection that is gone do nothing. */
export interface ClientLink {
  /** Reconnects the call when the client's token has run out; null where clients need none. */
  readonly resumeToken: string | null;
  /**
   * Hears in what formats the client has said hello, and returns those that the engine is to speak: others where the link
   * translates, which it does from then on.
   */
  agree?(formats: WireFormats): WireFormats;
  /** A whole binary packet; valid during the call only, since the engine reuses the bytes. */
  sendAudio(packet: Uint8Array): void;
  /** A control message; valid during the call only. */
  sendControl(message: ServerMessage): void;
  /** Closes the connection with a code of close-codes.ts and its reason. */
  close(code: number, reason: string): void;
}

/** A checkpoint to be written: `Conversation.snapshot()`, in one transaction with what is said here. */
export interface CheckpointRequest {
  /** A row of the journal to be appended; null when none is due. */
  readonly row: JournalRow | null;
  /** What is sent from now on rests on it: nothing of that may leave before the write is confirmed. */
  readonly isAwaited: boolean;
  /** Number of this checkpoint since the engine was made, for `Conversation.confirmed`. */
  readonly ticket: number;
}

/**
 * Asks the shell to write a checkpoint before it tells anyone of what has just happened. The engine calls it synchronously,
 * between the change of its own state and the first effect. When the write is confirmed, the shell calls `confirmed`.
 */
export interface CheckpointPort {
  /** Throws StorageRefusal when nothing could be written. */
  checkpoint(request: CheckpointRequest): void;
  /**
   * Writes a row of the journal alone, which nothing that is sent waits for. Should it fail later, the memory is lost.
   * Throws StorageRefusal when it could not be written.
   */
  append(row: JournalRow): void;
}

/** The storage takes nothing more, or nothing so large; the message is a sentence. */
export class StorageRefusal extends Error {
  override readonly name: string = 'StorageRefusal';
  /** It will take this no better in a moment. */
  readonly isLasting: boolean;

  constructor(message: string, isLasting = false) {
    super(message);
    this.isLasting = isLasting;
  }
}

/**
 * Speech that does not fit into memory: blocks of BLOCK_SAMPLES samples, keyed by their number since the conversation
 * began; only the last of all may be shorter.
 */
export interface SpeechSpill {
  write(block: number, samples: Int16Array): void;
  /** Fills `into` with the block's samples from `offset` on and returns true, or returns false when the block is not there. */
  read(block: number, offset: number, into: Int16Array): boolean;
  /** Forgets every block below this one; called when a checkpoint that does not need them was written. */
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
