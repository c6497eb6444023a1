// The lines of a conversation's timeline: what happened, when, and at which sample of the caller's audio.

import * as v from 'valibot';
import { AGENT_LINES } from './agent-line.ts';

/** Version of the lines, told in `start`. A reader ignores types and fields that it does not know. */
export const TIMELINE_VERSION = 1;

const uint16 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** 16 kHz samples of the caller's audio since the conversation's first. */
const sample = v.pipe(v.number(), v.finite());
const milliseconds = v.pipe(v.number(), v.finite());
const words = v.string();

/** When a line was noted: the engine's clock since the conversation began. */
const at = { atMs: milliseconds };

const format = {
  codec: v.picklist(['pcm16', 'mulaw', 'opus']),
  rateHz: count,
  frameMs: count,
};

/** Where the listener was: content of a generation that had reached the ear, and the microphone's time then. */
const position = {
  generation: uint16,
  /** Content samples of the generation, at the downlink rate. */
  playedSamples: count,
  /** Capture stream and its media timestamp at the same instant; null before the first capture. */
  stream: v.nullable(uint32),
  uplinkTimestamp: v.nullable(uint32),
};

const start = v.object({
  type: v.literal('start'),
  ...at,
  version: v.literal(TIMELINE_VERSION),
  conversation: words,
  /** Wall clock (Unix time) at `atMs` 0. */
  startedAtMs: milliseconds,
  agent: words,
  /** Rate of every position on this timeline that is not said to be another. */
  rateHz: count,
});

/** A capture session of the client; packets are told apart by stream and sequence number. */
const stream = v.object({
  type: v.literal('stream'),
  ...at,
  stream: uint32,
  ...format,
  /** Where its first packet lies. */
  baseSample: sample,
});

/** A client was greeted; of a client that came back, how long it was away. */
const connected = v.object({
  type: v.literal('connected'),
  ...at,
  connection: count,
  epoch: count,
  stream: uint32,
  downlink: v.object(format),
  awayMs: v.nullable(milliseconds),
});

const disconnected = v.object({ type: v.literal('disconnected'), ...at, connection: count });

/** The conversation came back without its memory, and went on from what was stored. */
const restored = v.object({ type: v.literal('restored'), ...at, epoch: count });

/** Voice activity, as the detector sees it. */
const speech = v.object({
  type: v.literal('speech'),
  ...at,
  state: v.picklist(['started', 'stopped']),
  sample,
});

const turn = v.variant('state', [
  v.object({
    type: v.literal('turn'),
    state: v.literal('started'),
    ...at,
    turn: count,
    startSample: sample,
    continues: v.nullable(count),
  }),
  v.object({
    type: v.literal('turn'),
    state: v.literal('ended'),
    ...at,
    turn: count,
    startSample: sample,
    endSample: sample,
    reason: v.picklist(['silence', 'no-audio', 'client-gone', 'maximum-length', 'manual', 'ended']),
  }),
  v.object({ type: v.literal('turn'), state: v.literal('dropped'), ...at, turn: count }),
]);

/** How long the answer to a turn took, stage by stage; noted once, when its first sample was heard. Null where a stage left no trace. */
const latency = v.object({
  type: v.literal('latency'),
  ...at,
  turn: count,
  utterance: count,
  /** Audio from the end of the speech to the sample at which the turn's end was decided. */
  detectMs: v.nullable(milliseconds),
  /** From telling the agent of the turn's end to its first speech. */
  agentMs: v.nullable(milliseconds),
  /** From its first speech to the first packet on the wire. */
  sendMs: v.nullable(milliseconds),
  /** From the first packet to its being heard, as the client's reports tell. */
  playMs: v.nullable(milliseconds),
  /** From the end of the caller's speech to the first sample heard, on the caller's own clock. */
  totalMs: v.nullable(milliseconds),
});

const utterance = v.variant('state', [
  v.object({
    type: v.literal('utterance'),
    state: v.literal('started'),
    ...at,
    utterance: count,
    /** Position on the speech line: 16 kHz samples of all that the agent has said before it. */
    speechStart: count,
    interruptible: v.boolean(),
  }),
  /** Heard and given samples at 16 kHz. A line with `corrected` stands in the place of an earlier estimate. */
  v.object({
    type: v.literal('utterance'),
    state: v.literal('ended'),
    ...at,
    utterance: count,
    reason: v.picklist(['completed', 'interrupted', 'cancelled']),
    heardSamples: count,
    givenSamples: count,
    source: v.picklist(['reported', 'estimated']),
    corrected: v.optional(v.boolean(), false),
  }),
]);

/** A generation carries an utterance to the client, from this position of the speech line on. */
const generation = v.object({
  type: v.literal('generation'),
  ...at,
  generation: uint16,
  utterance: count,
  /** Position on the speech line of its content sample 0. */
  speechStart: count,
  /** 16 kHz samples for each content sample. */
  ratio: count,
});

/**
 * Where the listener was. The same generation with fewer samples than before means that it was set back, and some of it
 * heard again. What the player knew at that instant is there for reports only.
 */
const heard = v.object({
  type: v.literal('heard'),
  ...at,
  cause: v.picklist(['report', 'held', 'cleared', 'resume']),
  ...position,
  player: v.optional(
    v.object({
      outputLatencyMs: milliseconds,
      bufferedMs: milliseconds,
      stretchMs: milliseconds,
      concealedMs: milliseconds,
      underruns: count,
    }),
  ),
});

/** A stage of a barge-in. `released`: plays on from this content sample. `cleared`: this generation and all before it never play again. */
const interruption = v.object({
  type: v.literal('interruption'),
  ...at,
  stage: v.picklist(['held', 'released', 'cleared']),
  generation: uint16,
  fromSample: v.optional(count),
});

/** Caller audio that never came: zeros in the recording. */
const gap = v.object({ type: v.literal('gap'), ...at, fromSample: sample, lengthSamples: count });

const mute = v.object({
  type: v.literal('mute'),
  ...at,
  state: v.picklist(['started', 'ended']),
  /** Null for the end: the next packet's timestamp tells it. */
  sample: v.nullable(sample),
});

const transcript = v.object({
  type: v.literal('transcript'),
  ...at,
  party: v.picklist(['caller', 'agent']),
  text: words,
});

/** Something is worse than it should be, or good again: the scorer's ladder, storage, the recording itself. */
const degraded = v.object({
  type: v.literal('degraded'),
  ...at,
  part: v.picklist(['scoring', 'storage', 'recording']),
  level: words,
  reason: words,
});

const error = v.object({ type: v.literal('error'), ...at, code: words, sentence: words });

/** The conversation has ended; the caller's audio ends here. */
const end = v.object({ type: v.literal('end'), ...at, reason: words, endSample: sample });

/** Written when the recording is made: a stretch of the agent's speech, bit for bit, and where it lies on the agent's track. */
const placed = v.object({
  type: v.literal('placed'),
  utterance: count,
  generation: uint16,
  /** Positions on the speech line: from the first sample to the one after the last. */
  speechFrom: count,
  speechTo: count,
  sample,
});

/** The last line of a recording: how long it is, and what of it is missing. */
const recording = v.object({
  type: v.literal('recording'),
  lengthSamples: count,
  callerRateHz: count,
  packets: count,
  duplicates: count,
  /** What never came of the caller; those beyond the first thousand are counted only. */
  callerGaps: v.array(v.object({ fromSample: sample, lengthSamples: count })),
  callerGapSamples: count,
  /** Speech of the agent that was heard and is no longer stored. */
  agentGapSamples: count,
});

/** Every line of a timeline. */
export const TIMELINE_LINE = v.variant('type', [
  start,
  stream,
  connected,
  disconnected,
  restored,
  speech,
  turn,
  latency,
  utterance,
  generation,
  heard,
  interruption,
  gap,
  mute,
  transcript,
  degraded,
  error,
  ...AGENT_LINES,
  end,
  placed,
  recording,
]);

export type TimelineLine = v.InferOutput<typeof TIMELINE_LINE>;
export type HeardLine = v.InferOutput<typeof heard>;
export type GenerationLine = v.InferOutput<typeof generation>;
export type PlacedLine = v.InferOutput<typeof placed>;
export type RecordingLine = v.InferOutput<typeof recording>;

/** Reads one line of JSON; null for what this version does not know. Never throws. */
export function parseTimelineLine(text: string): TimelineLine | null {
  try {
    const result = v.safeParse(TIMELINE_LINE, JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
