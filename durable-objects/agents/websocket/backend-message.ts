// The messages of isochron-agent.v1: what a backend may say, and what it is told.

import * as v from 'valibot';
import type { AudioGap, TurnEnd, TurnStart } from '../../../core/conversation/agent.ts';
import {
  NAME_MAX_CHARACTERS,
  SENTENCE_MAX_CHARACTERS,
  TEXT_MAX_CHARACTERS,
} from '../../../core/wire/limits.ts';

/** WebSocket subprotocol name; the number in it is the protocol's major version. */
export const AGENT_SUBPROTOCOL = 'isochron-agent.v1';

/** Value of `version` in `start`. */
export const AGENT_PROTOCOL_VERSION = 1;

/** Largest text message from a backend, in characters. */
export const BACKEND_TEXT_MAX_CHARACTERS = 65_536;

/** Largest piece of audio from a backend, in bytes: 32 s at 16 kHz. */
export const BACKEND_AUDIO_MAX_BYTES = 1_048_576;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(NAME_MAX_CHARACTERS));
const sentence = v.pipe(v.string(), v.maxLength(SENTENCE_MAX_CHARACTERS));

/** What has been dealt with: messages up to this number, audio up to this position. */
const progress = { after: v.optional(count), audioTo: v.optional(count) };

export const BACKEND_MESSAGE = v.variant('type', [
  /** Answer to `start`: messages and audio that are held and not covered by this are sent again. */
  v.object({
    type: v.literal('ready'),
    ...progress,
    /** The open one of `start.utterances`, when the backend goes on with it; left out, it ends. */
    utterance: v.optional(name),
  }),
  v.object({ type: v.literal('ack'), ...progress }),
  /** Opens an utterance; audio that follows belongs to it. The name of the open one goes on with that. */
  v.object({
    type: v.literal('begin'),
    utterance: name,
    interruptible: v.optional(v.boolean(), true),
    /** Rate of its audio. */
    rateHz: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(8000), v.maxValue(48_000)),
      16_000,
    ),
    /** Where in the utterance the audio that follows begins; where it was left off unless given. */
    fromSample: v.optional(count),
  }),
  /** All audio of the open utterance was given. */
  v.object({ type: v.literal('end') }),
  v.object({
    type: v.literal('transcript'),
    party: v.optional(v.picklist(['caller', 'agent']), 'agent'),
    text: v.pipe(v.string(), v.maxLength(TEXT_MAX_CHARACTERS)),
    final: v.optional(v.boolean(), true),
  }),
  /** Drops what is unheard, as a caller's barge-in would. */
  v.object({ type: v.literal('interrupt') }),
  /** Ends the conversation after the last word was heard. */
  v.object({
    type: v.literal('hangUp'),
    reason: v.optional(sentence, 'The agent hung up.'),
  }),
  v.object({ type: v.literal('transfer'), destination: name }),
  v.object({
    type: v.literal('tool'),
    name,
    state: v.picklist(['called', 'answered', 'failed', 'cancelled']),
  }),
  v.object({
    type: v.literal('usage'),
    amounts: v.record(v.string(), v.pipe(v.number(), v.finite())),
  }),
  v.object({ type: v.literal('error'), code: name, sentence }),
]);

export type BackendMessage = v.InferOutput<typeof BACKEND_MESSAGE>;
export type Progress = Pick<Extract<BackendMessage, { type: 'ack' }>, 'after' | 'audioTo'>;

/** What the caller heard of an utterance, in samples of the rate that the backend gave it at. */
export interface HeardOfUtterance {
  readonly utterance: string;
  readonly heardSamples: number;
  readonly givenSamples: number;
  readonly heardMs: number;
  readonly source: 'reported' | 'estimated';
}

/** First message on every connection; it has no number. */
export interface StartMessage {
  readonly type: 'start';
  readonly version: typeof AGENT_PROTOCOL_VERSION;
  readonly conversation: string;
  /** A backend was ready in this conversation before. */
  readonly resumed: boolean;
  readonly hears: 'turns' | 'everything';
  readonly rateHz: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Utterances that have come and are not over, oldest first: what is missing here has to be given again. */
  readonly utterances: readonly KnownUtterance[];
}

/** An utterance, and how much of it has come, in samples of its rate. */
export interface KnownUtterance {
  readonly utterance: string;
  readonly receivedSamples: number;
  readonly isOpen: boolean;
}

/** A message that takes a number: it is held until it is acknowledged. */
export type NumberedMessage =
  | ({ readonly type: 'turn'; readonly state: 'started' } & TurnStart)
  | ({ readonly type: 'turn'; readonly state: 'ended' } & TurnEnd)
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'interrupted' } & HeardOfUtterance)
  | ({ readonly type: 'completed' } & HeardOfUtterance)
  | { readonly type: 'idle'; readonly idleMs: number }
  | { readonly type: 'say'; readonly text: string; readonly interruptible: boolean };

/** A message that only explains the audio around it. */
export type Notice = { readonly type: 'gap' } & (
  | AudioGap
  | { readonly kind: 'dropped'; readonly fromSample: number; readonly lengthSamples: number }
);

/** Bytes before the samples of a binary message to a backend: the position of the first (uint32, little-endian). */
const AUDIO_HEADER_BYTES = 4;

/** PCM16, little-endian, behind its position. */
export function audioMessage(fromSample: number, samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(AUDIO_HEADER_BYTES + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, fromSample, true);
  for (let index = 0; index < samples.length; index++) {
    view.setInt16(AUDIO_HEADER_BYTES + 2 * index, samples[index]!, true);
  }
  return bytes;
}
