// What a deployment can choose about the agent, each with its default.

import * as v from 'valibot';
import { TOOLS_OPTION } from '../tool-options.ts';
import { FALLBACK_OPTION } from '../vendor/fallback.ts';
import { FILLER_OPTION } from '../vendor/filler.ts';

const WORDS = v.pipe(v.string(), v.minLength(1), v.maxLength(20_000));
const NAME = v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/, 'must be a name'));
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000_000));
const SENSITIVITY = v.optional(v.picklist(['high', 'low']));

export const GEMINI_LIVE_OPTIONS = v.strictObject({
  model: v.optional(NAME, 'gemini-3.8-live'),
  /** One of the prebuilt voices. */
  voice: v.optional(NAME),
  /** BCP 47. */
  language: v.optional(NAME),
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  /** The system instruction. */
  instructions: v.optional(WORDS),
  /** What the model is asked to do first, such as "Greet the caller."; unless given, it waits for the caller. */
  greeting: v.optional(WORDS),
  /** What the model is asked to do when nobody has spoken for the setting `userIdleMs`. */
  idlePrompt: v.optional(WORDS),
  /** Whether the caller may cut answers short. */
  interruptible: v.optional(v.boolean(), true),
  /** Who decides where the caller's turns begin and end. */
  turnDetection: v.optional(v.picklist(['ours', 'vendor']), 'ours'),
  /** For the vendor's turn detection; it has defaults of its own. */
  vendorDetection: v.optional(
    v.strictObject({
      startSensitivity: SENSITIVITY,
      endSensitivity: SENSITIVITY,
      prefixPaddingMs: v.optional(COUNT),
      silenceDurationMs: v.optional(COUNT),
    }),
    {},
  ),
  /** Whether the model is told how much of an answer was heard, when the caller cut it short. */
  tellHeard: v.optional(v.boolean(), true),
  /** How words go to the model: in `clientContent`, or in `realtimeInput` for models that take no content in mid-session. */
  words: v.optional(v.picklist(['content', 'realtime']), 'content'),
  /** How a session goes on over connections; `transparent` is not offered by the developer platform. */
  resumption: v.optional(v.picklist(['basic', 'transparent', 'off']), 'basic'),
  /** Without it a session ends after 15 minutes. */
  compression: v.optional(v.picklist(['sliding-window', 'off']), 'sliding-window'),
  compressionTokens: v.optional(
    v.strictObject({ trigger: v.optional(COUNT), target: v.optional(COUNT) }),
    {},
  ),
  transcripts: v.optional(v.boolean(), true),
  /** An answer that has not begun by then is given up. */
  answerTimeoutMs: v.optional(v.pipe(COUNT, v.minValue(1000)), 15_000),
  /** An outage of the vendor that lasts longer is told to the caller. */
  giveUpMs: v.optional(v.pipe(COUNT, v.minValue(1000)), 20_000),
  tools: TOOLS_OPTION,
  filler: FILLER_OPTION,
  fallback: FALLBACK_OPTION,
});

export type GeminiLiveOptions = v.InferOutput<typeof GEMINI_LIVE_OPTIONS>;
