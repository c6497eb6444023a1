// What a conversation is made from: decided when it is created, signed into its token, stored with its first connection.

import * as v from 'valibot';
import { AGENT_CHOICE } from './agents/catalogue.ts';
import { RECORDING_SETTINGS, WEBHOOK_SETTINGS } from './recording/settings.ts';

/**
 * `kernel` is Silero VAD in the isolate; `energy` a cheap comparison with the noise floor; `remote` the kernel in another
 * object; `onnx` onnxruntime in another Worker; `trap`, in development only, what happens without all this.
 */
export const SCORER_NAME = v.picklist(['kernel', 'energy', 'remote', 'onnx', 'trap']);
export type ScorerName = v.InferOutput<typeof SCORER_NAME>;

export const CREATION = v.object({
  agent: AGENT_CHOICE,
  /** Numbers that differ from the defaults of core/conversation/config.ts. */
  settings: v.record(v.string(), v.number()),
  scorer: SCORER_NAME,
  turnTaking: v.picklist(['automatic', 'manual']),
  /** Whether the agent's own echo is told from the caller; 'auto' unless given. */
  echoGuard: v.optional(v.picklist(['off', 'on', 'auto'])),
  /** Whom the conversation belongs to, in the developer's own terms. */
  subject: v.nullable(v.pipe(v.string(), v.maxLength(200))),
  /** What is recorded; absent or null for nothing. */
  recording: v.optional(v.nullable(RECORDING_SETTINGS)),
  /** Where its events go; absent or null for nowhere. */
  webhook: v.optional(v.nullable(WEBHOOK_SETTINGS)),
  /** Packets, speech and timeline are kept, to become a recording. */
  isRecorded: v.optional(v.boolean()),
});

export type Creation = v.InferOutput<typeof CREATION>;

/** What the Worker found out about a connection before it handed the socket over. */
export const ADMISSION = v.object({
  /** Null where the object was told before. */
  creation: v.nullable(CREATION),
  /** A media stream of Twilio's: what it may prove itself with. */
  twilio: v.optional(v.object({ tickets: v.array(v.string()) })),
  /** A socket of a Realtime SFU's adapter: it brings the caller's audio, or takes the agent's. */
  realtime: v.optional(v.picklist(['egress', 'ingest'])),
  /** Token for the next connection, told in `welcome`; null where no secret is configured. */
  resumeToken: v.nullable(v.string()),
  /** When the token in use was made, if it is a resume token: an older one than the newest ever used is refused. */
  resumeIssuedMs: v.nullable(v.number()),
  /** The latest time at which a token of this conversation is still valid. */
  tokensExpireMs: v.number(),
});

export type Admission = v.InferOutput<typeof ADMISSION>;

/** Carries the admission, as JSON, from the Worker to the object; whatever a client sends under this name is overwritten. */
export const ADMISSION_HEADER = 'Isochron-Admission';
