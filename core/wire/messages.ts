// The control messages of isochron.v1: one schema and one union for each direction.

import * as v from 'valibot';
import { NAME_MAX_CHARACTERS, SENTENCE_MAX_CHARACTERS, TEXT_MAX_CHARACTERS } from './limits.ts';
import { type Parsed, readMessage } from './read-message.ts';
import { CONVERSATION_STATISTICS } from './statistics-schema.ts';

/** WebSocket subprotocol name (RFC 6455 §1.9); the number in it is the protocol's major version. */
export const SUBPROTOCOL = 'isochron.v1';

/** Value of `version` in `hello` and `welcome`. */
export const PROTOCOL_VERSION = 1;

/** Text that a client sends to keep an idle socket open; the runtime answers it without waking the conversation. */
export const KEEP_ALIVE_REQUEST = 'ping';
export const KEEP_ALIVE_RESPONSE = 'pong';

/** Longest duration in a message: the longest call allowed (24 h) and as much again. */
const MAX_DURATION_MS = 172_800_000;

const version = v.literal(PROTOCOL_VERSION);
const uint16 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const samples = count;
const milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_DURATION_MS));
const signedMilliseconds = v.pipe(
  v.number(),
  v.minValue(-MAX_DURATION_MS),
  v.maxValue(MAX_DURATION_MS),
);
const name = v.pipe(v.string(), v.maxLength(NAME_MAX_CHARACTERS));
const sentence = v.pipe(v.string(), v.maxLength(SENTENCE_MAX_CHARACTERS));
const words = v.pipe(v.string(), v.maxLength(TEXT_MAX_CHARACTERS));

const audioFormat = v.object({
  /** Payload of a binary packet. */
  codec: v.picklist(['pcm16', 'mulaw', 'opus']),
  /** Rate of the media timestamps. */
  rateHz: v.picklist([8000, 16000, 24000, 48000]),
  /** Duration of one frame. */
  frameMs: v.picklist([10, 20, 40, 60]),
});

/** Where a listener is: samples of the generation's content that have reached the ear, and the microphone's time then. */
const playbackPosition = {
  /** Playback segment that is (or was last) playing. */
  generation: uint16,
  /** Content samples of that generation played so far, at the downlink rate; stretched or concealed output does not count. */
  playedSamples: samples,
  /** Uplink media timestamp captured at the same instant, or null before the first capture. */
  uplinkTimestamp: v.nullable(uint32),
};

const hello = v.object({
  type: v.literal('hello'),
  version,
  /** Random for each capture session; packets are told apart by (stream, sequence). */
  stream: uint32,
  uplink: audioFormat,
  downlink: audioFormat,
  /** The player can fade out, keep its buffer and go on later; without it barge-in clears at once. */
  canHold: v.optional(v.boolean(), true),
  /** Whether packets come in order and are sent again when lost; `reliable` unless given. */
  wire: v.optional(v.picklist(['reliable', 'unreliable'])),
  /** Present when the client continues a conversation it has already been in. */
  resume: v.optional(
    v.object({
      ...playbackPosition,
      /** Content samples of that generation that arrived in order, played or still buffered. */
      receivedSamples: samples,
      /** Next downlink sequence number wanted. */
      nextSequence: uint32,
    }),
  ),
  /** Free text for logs: name and version of the client. */
  client: v.optional(name),
});

const report = v.object({
  type: v.literal('report'),
  ...playbackPosition,
  /** Time between a sample's leaving the player and its sound (W3C AudioContext.outputLatency). */
  outputLatencyMs: milliseconds,
  /** Content received and not yet played. */
  bufferedMs: milliseconds,
  /** Output inserted (positive) or removed (negative) by time stretching since the stream began. */
  stretchMs: signedMilliseconds,
  /** Output not derived from received audio, since the stream began (webrtc-stats concealedSamples, as time). */
  concealedMs: milliseconds,
  /** Device pulls inside an utterance that found no audio, since the stream began; time on hold excluded. */
  underruns: count,
  /** Rise of the echo round trip over its rolling minimum, largest since the last report. */
  lagMs: milliseconds,
  /** Where the client places that rise, null while there is none. */
  lagCause: v.nullable(v.picklist(['network', 'isolate'])),
  /** Round trip of the latest echo, null before the first. */
  roundTripMs: v.nullable(milliseconds),
});

const clientMessage = v.variant('type', [
  hello,
  report,
  /** Answer to `clear`: nothing of the generation plays any more, this much of it was heard. */
  v.object({ type: v.literal('cleared'), ...playbackPosition }),
  /** Answer to `hold`: silent since this position, the buffer is kept. */
  v.object({ type: v.literal('held'), ...playbackPosition }),
  /** The caller asks the agent to stop, by a button. */
  v.object({ type: v.literal('interrupt') }),
  /** Manual turns (push to talk): an edge at an uplink media timestamp. */
  v.object({
    type: v.literal('turn'),
    state: v.picklist(['started', 'ended']),
    timestamp: uint32,
  }),
  /** Mute: everything from this timestamp on is silence until `resume`; no packets come meanwhile. */
  v.object({ type: v.literal('pause'), timestamp: uint32 }),
  v.object({ type: v.literal('resume'), timestamp: uint32 }),
  v.object({ type: v.literal('text'), text: words }),
  /** The client leaves for good. */
  v.object({ type: v.literal('bye'), reason: v.optional(name) }),
]);

const turnEndReason = v.picklist([
  'silence',
  'no-audio',
  'client-gone',
  'maximum-length',
  'manual',
  'ended',
]);

const utteranceEndReason = v.picklist(['completed', 'interrupted', 'cancelled']);

const turn = v.variant('state', [
  v.object({
    type: v.literal('turn'),
    state: v.literal('started'),
    turn: count,
    startTimestamp: uint32,
    /** The turn that this one goes on with, when a watchdog or the maximum length had ended it. */
    continues: v.nullable(count),
  }),
  v.object({
    type: v.literal('turn'),
    state: v.literal('ended'),
    turn: count,
    startTimestamp: uint32,
    endTimestamp: uint32,
    reason: turnEndReason,
  }),
  /** What looked like a turn was too short, or was a word of assent while the agent spoke: no agent was told. */
  v.object({ type: v.literal('turn'), state: v.literal('dropped'), turn: count }),
]);

const utterance = v.variant('state', [
  v.object({
    type: v.literal('utterance'),
    state: v.literal('started'),
    utterance: count,
    generation: uint16,
    interruptible: v.boolean(),
  }),
  v.object({
    type: v.literal('utterance'),
    state: v.literal('ended'),
    utterance: count,
    generation: uint16,
    reason: utteranceEndReason,
    /** Content samples heard of it, at the downlink rate. */
    heardSamples: samples,
  }),
]);

/** A packet, and the engine's clock when it came. */
const arrival = v.object({ sequence: uint32, clockMs: milliseconds });

const serverMessage = v.variant('type', [
  /** First message on every connection, and again on a living one when the conversation lost its memory (new epoch). */
  v.object({
    type: v.literal('welcome'),
    version,
    conversation: name,
    /** +1 each time the conversation came back without its memory. */
    epoch: count,
    /** Number of this connection; a higher one supersedes it. */
    connection: count,
    /** Uplink sequence numbers: everything before is stored / has had its consequences; null while nothing has. */
    stored: v.nullable(uint32),
    processed: v.nullable(uint32),
    /** Content of a lower generation (16-bit serial order) never plays. */
    lowestLiveGeneration: uint16,
    /** Reconnects the call when the token has run out; rotates with every welcome. Null where no secret is configured. */
    resumeToken: v.nullable(v.string()),
    resendBudget: v.object({ bytesPerSecond: count, burstBytes: count }),
    limits: v.object({ messageBytes: count, bundleFrames: count, reportsPerSecond: count }),
    /** Lead that the pacer aims for, so that a player can size its buffer. */
    leadMs: milliseconds,
  }),
  /** Uplink audio before this sequence number is on disk: the client may forget it. */
  v.object({ type: v.literal('ack'), sequence: uint32 }),
  /** Ten a second while audio flows: what tells a client how late the engine is, and why. */
  v.object({
    type: v.literal('echo'),
    /** The newest uplink packet seen. */
    sequence: uint32,
    /** The engine's clock when that came, since the conversation began, and how long it waited for this echo. */
    clockMs: milliseconds,
    heldMs: milliseconds,
    /** Audio that waits for a missing packet or for its score. */
    backlogMs: milliseconds,
    /** The longest that a timer was late since the last echo, as far as the engine's clock can show. */
    lateMs: milliseconds,
    /** Of the packets since the last echo, those that came latest and earliest by their timestamps; null when none came. */
    latest: v.nullable(arrival),
    earliest: v.nullable(arrival),
  }),
  /** Voice activity, as the detector sees it; timestamp in uplink samples. */
  v.object({
    type: v.literal('speech'),
    state: v.picklist(['started', 'stopped']),
    timestamp: uint32,
  }),
  turn,
  utterance,
  v.object({
    type: v.literal('transcript'),
    party: v.picklist(['caller', 'agent']),
    text: words,
    final: v.boolean(),
  }),
  /** Fade out in 10 ms and keep the buffer. */
  v.object({ type: v.literal('hold'), generation: uint16 }),
  /** Play on from this content sample, which lies at or before the held one. */
  v.object({ type: v.literal('release'), generation: uint16, fromSample: samples }),
  /** Drop this generation and all before it; they can never play again. */
  v.object({ type: v.literal('clear'), generation: uint16 }),
  v.object({ type: v.literal('stats'), statistics: CONVERSATION_STATISTICS }),
  v.object({
    type: v.literal('degraded'),
    /** Level of the scorer ladder (full, queued, energy, skip). */
    level: v.picklist(['full', 'queued', 'energy', 'skip']),
    reason: sentence,
  }),
  v.object({ type: v.literal('error'), code: name, sentence }),
  /** The conversation ends: at once, or after the last word was heard. */
  v.object({
    type: v.literal('closing'),
    reason: sentence,
    afterLastWord: v.boolean(),
    /** Where the caller goes on to, as the agent has named it: to be acted on when `afterLastWord` is false. */
    transfer: v.optional(name),
  }),
]);

export type AudioFormat = v.InferOutput<typeof audioFormat>;
export type Hello = v.InferOutput<typeof hello>;
export type Echo = Extract<v.InferOutput<typeof serverMessage>, { type: 'echo' }>;
export type Report = v.InferOutput<typeof report>;
export type ClientMessage = v.InferOutput<typeof clientMessage>;
export type ServerMessage = v.InferOutput<typeof serverMessage>;
export type TurnEndReason = v.InferOutput<typeof turnEndReason>;
export type UtteranceEndReason = v.InferOutput<typeof utteranceEndReason>;

/** Reads a client's text message; the caller has checked its size. Never throws. */
export function parseClientMessage(text: string): Parsed<ClientMessage> {
  return readMessage(clientMessage, text);
}

/** Reads a server's text message; the caller has checked its size. Never throws. */
export function parseServerMessage(text: string): Parsed<ServerMessage> {
  return readMessage(serverMessage, text);
}
