// What a service may say to a backend in isochron-agent.v1, written down from docs/agents/websocket.md and nothing else.

import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const heard = {
  number,
  utterance: v.pipe(v.string(), v.minLength(1)),
  heardSamples: count,
  givenSamples: count,
  heardMs: count,
  source: v.picklist(['reported', 'estimated']),
};

const TURN = v.variant('state', [
  v.strictObject({
    type: v.literal('turn'),
    number,
    state: v.literal('started'),
    turn: count,
    startSample: count,
    continues: v.nullable(count),
  }),
  v.strictObject({
    type: v.literal('turn'),
    number,
    state: v.literal('ended'),
    turn: count,
    startSample: count,
    endSample: count,
    reason: v.picklist(['silence', 'no-audio', 'client-gone', 'maximum-length', 'manual', 'ended']),
  }),
]);

export const SERVICE_MESSAGE = v.variant('type', [
  v.strictObject({
    type: v.literal('start'),
    version: v.literal(1),
    conversation: v.pipe(v.string(), v.minLength(1)),
    resumed: v.boolean(),
    hears: v.picklist(['turns', 'everything']),
    rateHz: v.literal(16_000),
    data: v.record(v.string(), v.unknown()),
    utterances: v.array(
      v.strictObject({ utterance: v.string(), receivedSamples: count, isOpen: v.boolean() }),
    ),
  }),
  TURN,
  v.strictObject({ type: v.literal('text'), number, text: v.string() }),
  v.strictObject({ type: v.literal('interrupted'), ...heard }),
  v.strictObject({ type: v.literal('completed'), ...heard }),
  v.strictObject({ type: v.literal('idle'), number, idleMs: count }),
  v.strictObject({ type: v.literal('say'), number, text: v.string(), interruptible: v.boolean() }),
  v.strictObject({
    type: v.literal('gap'),
    kind: v.picklist(['lost', 'unrecorded', 'dropped']),
    fromSample: count,
    lengthSamples: count,
  }),
  v.strictObject({ type: v.literal('close'), reason: v.string() }),
]);

export type ServiceMessage = v.InferOutput<typeof SERVICE_MESSAGE>;
export type NumberedServiceMessage = Extract<ServiceMessage, { number: number }>;
