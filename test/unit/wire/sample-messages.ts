// One complete message of every type, in both directions, for the tests of the wire.

import type { ClientMessage, ServerMessage } from '../../../core/wire/messages.ts';
import {
  CONVERSATION_STATISTICS,
  type ConversationStatistics,
} from '../../../core/wire/statistics-schema.ts';

/** A message of every type, every optional field included. A type that is missing here does not compile. */
type OneOfEach<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: readonly Extract<Message, { readonly type: Type }>[];
};

const position = { generation: 7, playedSamples: 16_000, uplinkTimestamp: 48_000 };
const format = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 } as const;

const CLIENT: OneOfEach<ClientMessage> = {
  hello: [
    {
      type: 'hello',
      version: 1,
      stream: 0xdead_beef,
      uplink: format,
      downlink: { codec: 'mulaw', rateHz: 8000, frameMs: 60 },
      canHold: false,
      wire: 'unreliable',
      resume: { ...position, receivedSamples: 20_000, nextSequence: 0xffff_ffff },
      client: 'a test',
    },
  ],
  report: [
    {
      type: 'report',
      ...position,
      outputLatencyMs: 21.5,
      bufferedMs: 580,
      stretchMs: -12.25,
      concealedMs: 0,
      underruns: 3,
      lagMs: 11,
      lagCause: 'isolate',
      roundTripMs: 40.5,
    },
  ],
  cleared: [{ type: 'cleared', ...position }],
  held: [{ type: 'held', ...position, uplinkTimestamp: null }],
  interrupt: [{ type: 'interrupt' }],
  turn: [{ type: 'turn', state: 'started', timestamp: 320 }],
  pause: [{ type: 'pause', timestamp: 0 }],
  resume: [{ type: 'resume', timestamp: 0xffff_ffff }],
  text: [{ type: 'text', text: 'Grüße, 世界 👋' }],
  bye: [{ type: 'bye', reason: 'done' }],
};

const statistics = Object.fromEntries(
  Object.keys(CONVERSATION_STATISTICS.entries).map((name, index) => [name, index]),
) as ConversationStatistics;

const SERVER: OneOfEach<ServerMessage> = {
  welcome: [
    {
      type: 'welcome',
      version: 1,
      conversation: 'c-1',
      epoch: 2,
      connection: 3,
      stored: null,
      processed: 640,
      lowestLiveGeneration: 0xffff,
      resumeToken: 'a.b.c',
      resendBudget: { bytesPerSecond: 365_200, burstBytes: 1_328_000 },
      limits: { messageBytes: 65_536, bundleFrames: 32, reportsPerSecond: 5 },
      leadMs: 600,
    },
  ],
  ack: [{ type: 'ack', sequence: 0xffff_ffff }],
  echo: [
    {
      ...{ type: 'echo', sequence: 0, clockMs: 1234, heldMs: 49, backlogMs: 0.5, lateMs: 11 },
      latest: { sequence: 0xffff_ffff, clockMs: 1100 },
      earliest: null,
    },
  ],
  speech: [{ type: 'speech', state: 'stopped', timestamp: 5 }],
  turn: [
    { type: 'turn', state: 'started', turn: 1, startTimestamp: 0, continues: null },
    {
      type: 'turn',
      state: 'ended',
      turn: 1,
      startTimestamp: 0,
      endTimestamp: 16_000,
      reason: 'maximum-length',
    },
    { type: 'turn', state: 'dropped', turn: 2 },
  ],
  utterance: [
    { type: 'utterance', state: 'started', utterance: 1, generation: 1, interruptible: true },
    {
      type: 'utterance',
      state: 'ended',
      utterance: 1,
      generation: 2,
      reason: 'interrupted',
      heardSamples: 8000,
    },
  ],
  transcript: [{ type: 'transcript', party: 'agent', text: 'Hello.', final: false }],
  hold: [{ type: 'hold', generation: 1 }],
  release: [{ type: 'release', generation: 1, fromSample: 4000 }],
  clear: [{ type: 'clear', generation: 0 }],
  stats: [{ type: 'stats', statistics }],
  degraded: [{ type: 'degraded', level: 'energy', reason: 'The budget is spent.' }],
  error: [{ type: 'error', code: 'agent-failed', sentence: 'The agent failed.' }],
  closing: [{ type: 'closing', reason: 'Asked to.', afterLastWord: true }],
};

export const CLIENT_MESSAGES: readonly ClientMessage[] = Object.values(CLIENT).flat();

export const SERVER_MESSAGES: readonly ServerMessage[] = Object.values(SERVER).flat();
