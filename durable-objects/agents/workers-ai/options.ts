// What a deployment can choose about the agent, each with its default.

import * as v from 'valibot';
import { TOOLS_OPTION } from '../tool-options.ts';
import { FALLBACK_OPTION } from '../vendor/fallback.ts';
import { FILLER_OPTION } from '../vendor/filler.ts';

const WORDS = v.pipe(v.string(), v.minLength(1), v.maxLength(20_000));
const NAME = v.pipe(v.string(), v.regex(/^[\w-]{1,50}$/, 'must be a name'));
const MODEL = v.pipe(
  v.string(),
  v.regex(/^@[\w-]+(\/[\w.-]+){2}$/, 'must be a model such as @cf/…'),
);
const PATIENCE = v.pipe(v.number(), v.integer(), v.minValue(500), v.maxValue(60_000));

export const WORKERS_AI_OPTIONS = v.pipe(
  v.strictObject({
    /** A text generation model; function calling only where it knows how. */
    model: v.optional(MODEL, '@cf/meta/llama-3.3-70b-instruct-fp8-fast'),
    /** The system message. */
    instructions: v.optional(
      WORDS,
      'You talk with a caller on the telephone. Answer in one to three short spoken sentences, without lists or markup.',
    ),
    maxTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)), 400),
    temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
    /** Said first, word for word; unless given, the caller speaks first. */
    greeting: v.optional(WORDS),
    /** What the model is told when nobody has spoken for the setting `userIdleMs`, to say something of its own accord. */
    idlePrompt: v.optional(WORDS),
    /** Whether the caller may cut answers short. */
    interruptible: v.optional(v.boolean(), true),
    /** What writes the caller's words down. */
    hearing: v.optional(v.picklist(['flux', 'nova-3']), 'flux'),
    /** For `nova-3`: BCP 47. */
    language: v.optional(NAME, 'en'),
    /** Who decides where the caller's turns end. */
    turnDetection: v.optional(v.picklist(['ours', 'vendor']), 'ours'),
    /** For the vendor's turn detection; it has defaults of its own. */
    vendorDetection: v.optional(
      v.strictObject({
        threshold: v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(0.9))),
        timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(500), v.maxValue(10_000))),
      }),
      {},
    ),
    /** What speaks. */
    speech: v.optional(v.picklist(['aura-2-en', 'aura-2-es', 'aura-1']), 'aura-2-en'),
    /** One of its voices. */
    voice: v.optional(NAME),
    /** A model that writes nothing for so long is given up. */
    answerTimeoutMs: v.optional(PATIENCE, 10_000),
    /** A sentence whose audio does not come for so long is given up. */
    speechTimeoutMs: v.optional(PATIENCE, 5000),
    /** An outage of the hearing that lasts longer is told to the caller. */
    giveUpMs: v.optional(PATIENCE, 8000),
    tools: TOOLS_OPTION,
    filler: FILLER_OPTION,
    fallback: FALLBACK_OPTION,
  }),
  v.check(
    ({ hearing, turnDetection }) => hearing === 'flux' || turnDetection === 'ours',
    'the hearing "nova-3" finds no turns: choose "turnDetection": "ours"',
  ),
);

export type WorkersAiOptions = v.InferOutput<typeof WORKERS_AI_OPTIONS>;
