// What one caller has seen of a conversation, from the first sample to the last: the evidence that the verifier judges.

import type { ServerMessage } from '../core/wire/messages.ts';

/** Messages that tell what happened; the many that only report are left out. */
export type ToldMessage = Exclude<ServerMessage, { type: 'ack' | 'echo' | 'stats' }>;

/** One connection, in ms since the conversation was created. */
export interface ConnectionLog {
  readonly openedAtMs: number;
  /** Whether the agent was in mid-speech when the connection before was lost. */
  readonly isSpeechOwed: boolean;
  firstAudioAtMs: number | null;
  lostAtMs: number | null;
  code: number | null;
}

/** The log of one caller. */
export interface CallerLog {
  readonly conversation: string;
  readonly connections: ConnectionLog[];
  readonly told: { readonly atMs: number; readonly message: ToldMessage }[];
  /** What the agent said, as it was heard: content only, without the pauses between. 16 kHz. */
  heard: Int16Array;
  /** Samples at 16 kHz for each tick of the caller's timestamps. */
  readonly timestampScale: number;
  /** Pulls of 10 ms that came short while the line had been whole for long enough. */
  lateFrames: number;
  /** Those among them that came short while this process, and so the machine, was late itself. */
  lateFramesUnderLoad: number;
  /** Messages that left the caller, and packets among them. */
  messagesSent: number;
  /** Packets that were lost because an outage was longer than the ring. */
  packetsOverwritten: number;
  /** Packets that the service has said to be stored. */
  packetsAcknowledged: number;
  durationMs: number;
  /** All was said and answered; false when the call's longest time was over first. */
  isFinished: boolean;
}
