// The bodies of requests: read up to a limit, checked by a schema, or refused with a sentence.

import * as v from 'valibot';
import { ConfigurationError, conversationConfig } from '../core/conversation/config.ts';
import {
  AGENT_CHOICE,
  AgentChoiceError,
  checkAgent,
  DEFAULT_AGENT,
} from '../durable-objects/agents/catalogue.ts';
import { SCORER_NAME } from '../durable-objects/creation.ts';
import { RECORDING_SETTINGS, WEBHOOK_SETTINGS } from '../durable-objects/recording/settings.ts';
import { Refusal } from './refusal.ts';
import { LOCATION_HINT } from './tokens.ts';

/** Longest body in bytes: a creation with every setting has about 2,000. */
const BODY_MAX_BYTES = 16_384;

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 24 * 60 * MINUTE_SECONDS;

const SETTINGS = v.record(v.string(), v.number());

const agent = v.union([
  v.pipe(
    v.string(),
    v.transform((name) => ({ name })),
  ),
  AGENT_CHOICE,
]);

/** `true` for a recording with the defaults, or what differs from them; `false` or null for none. */
const recording = v.pipe(
  v.union([
    v.pipe(
      v.literal(true),
      v.transform(() => ({})),
    ),
    v.pipe(
      v.literal(false),
      v.transform(() => null),
    ),
    v.null(),
    v.record(v.string(), v.unknown()),
  ]),
  v.nullable(RECORDING_SETTINGS),
);

export const CREATE_REQUEST = v.strictObject({
  /** An agent's name, or an object with its `name` and its options. */
  agent: v.optional(agent, DEFAULT_AGENT),
  settings: v.optional(SETTINGS, {}),
  /** What tells speech from silence. */
  scorer: v.optional(SCORER_NAME, 'kernel'),
  turnTaking: v.optional(v.picklist(['automatic', 'manual']), 'automatic'),
  echoGuard: v.optional(v.picklist(['off', 'on', 'auto'])),
  subject: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(200))), null),
  recording: v.optional(recording, false),
  /** Where the conversation's events are sent. */
  webhook: v.optional(v.nullable(WEBHOOK_SETTINGS), null),
  /** How long the token opens the socket; the call itself may last longer. */
  ttlSeconds: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(DAY_SECONDS)),
    10 * MINUTE_SECONDS,
  ),
  locationHint: v.optional(LOCATION_HINT),
  jurisdiction: v.optional(v.picklist(['eu', 'fedramp'])),
});

export type CreateRequest = v.InferOutput<typeof CREATE_REQUEST>;

export const SETTINGS_REQUEST = SETTINGS;

export const END_REQUEST = v.strictObject({
  mode: v.optional(v.picklist(['after-last-word', 'now']), 'after-last-word'),
});

export const TOKEN_REQUEST = v.strictObject({
  scope: v.picklist(['observe', 'recording', 'admin']),
  ttlSeconds: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(DAY_SECONDS)),
    10 * MINUTE_SECONDS,
  ),
});

export const BURN_REQUEST = v.strictObject({
  /** How long the isolate computes at a stretch. */
  burnMs: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2000)),
  /** Distance of the stretches, from start to start. */
  everyMs: v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(60_000)),
  /** How long this goes on. */
  forMs: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(600_000)),
});

/** Reads and checks a JSON body; an empty one counts as `{}`. Throws Refusal. */
export async function readBody<Output>(
  request: Request,
  schema: v.GenericSchema<unknown, Output>,
): Promise<Output> {
  const text = await readText(request);
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new Refusal('invalid-request', 'The body is not JSON.');
  }
  if (Array.isArray(value)) throw new Refusal('invalid-request', 'The body must be an object.');
  const checked = v.safeParse(schema, value);
  if (checked.success) return checked.output;
  const issue = checked.issues[0];
  const path = v.getDotPath(issue) ?? '(body)';
  throw new Refusal('invalid-request', `The body is not valid: ${path}: ${issue.message}.`);
}

/** Checks that the agent exists and the settings make a configuration. Throws Refusal with the sentence of either. */
export function checkCreation({ agent, settings }: CreateRequest): void {
  try {
    checkAgent(agent);
    conversationConfig(settings);
  } catch (fault) {
    if (fault instanceof AgentChoiceError || fault instanceof ConfigurationError) {
      throw new Refusal('invalid-request', fault.message);
    }
    throw fault;
  }
}

/** Reads a body up to the limit. Throws Refusal. */
export async function readText(request: Request): Promise<string> {
  if (request.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX_BYTES) {
      throw new Refusal('too-large', `The body must not exceed ${BODY_MAX_BYTES} bytes.`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
