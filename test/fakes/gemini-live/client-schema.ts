// What the Live API takes from a client: https://ai.google.dev/api/live, as typed by @google/genai 3.1.0 (LiveClientMessage).

import * as v from 'valibot';

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Protobuf's JSON writes an int64 as a string. */
const INT64 = v.pipe(v.string(), v.regex(/^\d+$/));
const TEXT_PART = v.strictObject({ text: v.pipe(v.string(), v.minLength(1)) });
const CONTENT = v.strictObject({
  role: v.optional(v.picklist(['user', 'model'])),
  parts: v.pipe(v.array(TEXT_PART), v.minLength(1)),
});
const EMPTY = v.strictObject({});

/** "Must start with a letter or an underscore … with a maximum length of 128." */
const FUNCTION_NAME = v.pipe(v.string(), v.regex(/^[A-Za-z_][\w.:-]{0,127}$/));

const FUNCTION_DECLARATION = v.strictObject({
  name: FUNCTION_NAME,
  description: v.string(),
  parametersJsonSchema: v.optional(v.looseObject({ type: v.literal('object') })),
  behavior: v.optional(v.picklist(['BLOCKING', 'NON_BLOCKING'])),
});

const REALTIME_INPUT_CONFIG = v.strictObject({
  automaticActivityDetection: v.optional(
    v.strictObject({
      disabled: v.optional(v.boolean()),
      startOfSpeechSensitivity: v.optional(
        v.picklist(['START_SENSITIVITY_HIGH', 'START_SENSITIVITY_LOW']),
      ),
      endOfSpeechSensitivity: v.optional(
        v.picklist(['END_SENSITIVITY_HIGH', 'END_SENSITIVITY_LOW']),
      ),
      prefixPaddingMs: v.optional(COUNT),
      silenceDurationMs: v.optional(COUNT),
    }),
  ),
  activityHandling: v.optional(v.picklist(['START_OF_ACTIVITY_INTERRUPTS', 'NO_INTERRUPTION'])),
  turnCoverage: v.optional(
    v.picklist([
      'TURN_INCLUDES_ONLY_ACTIVITY',
      'TURN_INCLUDES_ALL_INPUT',
      'TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO',
    ]),
  ),
});

const SETUP = v.strictObject({
  model: v.pipe(v.string(), v.regex(/^models\/[\w.-]+$/)),
  generationConfig: v.strictObject({
    responseModalities: v.tuple([v.literal('AUDIO')]),
    speechConfig: v.optional(
      v.strictObject({
        languageCode: v.optional(v.string()),
        voiceConfig: v.optional(
          v.strictObject({ prebuiltVoiceConfig: v.strictObject({ voiceName: v.string() }) }),
        ),
      }),
    ),
    temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  }),
  systemInstruction: v.optional(CONTENT),
  tools: v.optional(
    v.array(
      v.strictObject({
        functionDeclarations: v.pipe(v.array(FUNCTION_DECLARATION), v.minLength(1)),
      }),
    ),
  ),
  realtimeInputConfig: v.optional(REALTIME_INPUT_CONFIG),
  sessionResumption: v.optional(
    v.strictObject({ handle: v.optional(v.string()), transparent: v.optional(v.boolean()) }),
  ),
  contextWindowCompression: v.optional(
    v.strictObject({
      triggerTokens: v.optional(INT64),
      slidingWindow: v.strictObject({ targetTokens: v.optional(INT64) }),
    }),
  ),
  inputAudioTranscription: v.optional(EMPTY),
  outputAudioTranscription: v.optional(EMPTY),
  historyConfig: v.optional(
    v.strictObject({ initialHistoryInClientContent: v.optional(v.boolean()) }),
  ),
});
export type FakeSetup = v.InferOutput<typeof SETUP>;

/** Either one field or another: `realtimeInput` is a union in disguise. */
const REALTIME_INPUT = v.union([
  v.strictObject({
    audio: v.strictObject({
      data: v.pipe(v.string(), v.minLength(4), v.base64()),
      mimeType: v.literal('audio/pcm;rate=16000'),
    }),
  }),
  v.strictObject({ text: v.pipe(v.string(), v.minLength(1)) }),
  v.strictObject({ audioStreamEnd: v.literal(true) }),
  v.strictObject({ activityStart: EMPTY }),
  v.strictObject({ activityEnd: EMPTY }),
]);
export type RealtimeInput = v.InferOutput<typeof REALTIME_INPUT>;

const CLIENT_CONTENT = v.strictObject({
  turns: v.optional(v.pipe(v.array(CONTENT), v.minLength(1))),
  turnComplete: v.optional(v.boolean()),
});
export type ClientContent = v.InferOutput<typeof CLIENT_CONTENT>;

const TOOL_RESPONSE = v.strictObject({
  functionResponses: v.pipe(
    v.array(
      v.strictObject({
        id: v.string(),
        name: FUNCTION_NAME,
        response: v.record(v.string(), v.unknown()),
        scheduling: v.optional(v.picklist(['SILENT', 'WHEN_IDLE', 'INTERRUPT'])),
      }),
    ),
    v.minLength(1),
  ),
});
export type ToolResponse = v.InferOutput<typeof TOOL_RESPONSE>;

/** Each message has exactly one key at the top. */
export const CLIENT_MESSAGE = v.union([
  v.strictObject({ setup: SETUP }),
  v.strictObject({ realtimeInput: REALTIME_INPUT }),
  v.strictObject({ clientContent: CLIENT_CONTENT }),
  v.strictObject({ toolResponse: TOOL_RESPONSE }),
]);
export type ClientMessage = v.InferOutput<typeof CLIENT_MESSAGE>;
