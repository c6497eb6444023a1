// What can be chosen when a conversation is created with OpenAI Realtime as its agent.

import * as v from 'valibot';
import { TOOLS_OPTION } from '../tool-options.ts';
import { FALLBACK_OPTION } from '../vendor/fallback.ts';
import { FILLER_OPTION } from '../vendor/filler.ts';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const words = v.pipe(v.string(), v.maxLength(12_000));

export const OPENAI_REALTIME_OPTIONS = v.strictObject({
  model: v.optional(name, 'gpt-realtime-2.1'),
  /** One of the vendor's voices, or the id of one of your own. */
  voice: v.optional(name, 'marin'),
  instructions: v.optional(words, ''),
  /** Said first, before the caller has spoken. */
  greeting: v.optional(v.nullable(words), null),
  /** What the model is told when nobody has spoken for the setting `userIdleMs`. */
  idlePrompt: v.optional(v.nullable(words), null),
  /** Who finds the caller's turns: Isochron, or one of the vendor's two detectors. */
  turnDetection: v.optional(v.picklist(['ours', 'server_vad', 'semantic_vad']), 'ours'),
  /** Numbers of `server_vad`; what is left out is the vendor's default. */
  threshold: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  prefixPaddingMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5000))),
  silenceDurationMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000))),
  /** How soon `semantic_vad` takes a turn for ended. */
  eagerness: v.optional(v.picklist(['low', 'medium', 'high', 'auto'])),
  /** Whether the caller may cut answers short. */
  interruptible: v.optional(v.boolean(), true),
  /** What writes down the caller's words; null for nothing, and then a lost session forgets them. */
  transcription: v.optional(v.nullable(name), 'gpt-4o-mini-transcribe'),
  /** Language of the caller, ISO 639-1, for the transcription. */
  language: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/))),
  noiseReduction: v.optional(v.nullable(v.picklist(['near_field', 'far_field'])), null),
  speed: v.optional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(1.5)), 1),
  /** How long the vendor may be silent while something is awaited, ms. */
  patienceMs: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(60_000)),
    8000,
  ),
  tools: TOOLS_OPTION,
  fallback: FALLBACK_OPTION,
  filler: FILLER_OPTION,
});

export type OpenAiRealtimeOptions = v.InferOutput<typeof OPENAI_REALTIME_OPTIONS>;
