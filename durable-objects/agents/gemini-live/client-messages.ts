// What we send to the Live API: https://ai.google.dev/api/live. Each message has exactly one key at the top.

import { AGENT_RATE_HZ } from '../../../core/conversation/agent.ts';
import { encodeBase64 } from '../vendor/base64.ts';
import type { GeminiLiveOptions } from './options.ts';

/** One side's words, as the model's history holds them. */
export interface Content {
  readonly role: 'user' | 'model';
  readonly text: string;
}

/** The API's answer to a function call: `output` or `error`, by the documented names. */
export type FunctionOutput = { readonly output: unknown } | { readonly error: string };

/** Two bytes of a sample. */
const BYTES_PER_SAMPLE = 2;
const AUDIO_ONLY = ['AUDIO'] as const;
const START_SENSITIVITY = {
  high: 'START_SENSITIVITY_HIGH',
  low: 'START_SENSITIVITY_LOW',
} as const;
const END_SENSITIVITY = {
  high: 'END_SENSITIVITY_HIGH',
  low: 'END_SENSITIVITY_LOW',
} as const;
const AUDIO_TYPE = `audio/pcm;rate=${AGENT_RATE_HZ}`;

/** What the first message of a connection depends on beside the options. */
export interface SetupCircumstances {
  /** Of the session to go on with; null for a new one. */
  readonly handle: string | null;
  /** The history of a session that is lost follows in a `clientContent`. */
  readonly hasHistory: boolean;
}

/** The first message of a connection, never repeated on it. */
export function setupMessage(options: GeminiLiveOptions, circumstances: SetupCircumstances) {
  const { instructions, tools } = options;
  const { handle, hasHistory } = circumstances;
  return {
    setup: {
      model: `models/${options.model}`,
      generationConfig: generationConfig(options),
      ...(instructions === undefined
        ? {}
        : { systemInstruction: { parts: [{ text: instructions }] } }),
      ...(tools.length === 0 ? {} : { tools: [{ functionDeclarations: tools.map(declaration) }] }),
      realtimeInputConfig: { automaticActivityDetection: activityDetection(options) },
      ...(options.resumption === 'off' ? {} : { sessionResumption: resumption(options, handle) }),
      ...(options.compression === 'off' ? {} : { contextWindowCompression: compression(options) }),
      ...(options.transcripts ? { inputAudioTranscription: {}, outputAudioTranscription: {} } : {}),
      ...(hasHistory ? { historyConfig: { initialHistoryInClientContent: true } } : {}),
    },
  };
}

export const ACTIVITY_START = { realtimeInput: { activityStart: {} } };
export const ACTIVITY_END = { realtimeInput: { activityEnd: {} } };
export const AUDIO_STREAM_END = { realtimeInput: { audioStreamEnd: true } };

/** The caller's audio, PCM16 at AGENT_RATE_HZ. */
export function audioMessage(samples: Int16Array) {
  const bytes = new Uint8Array(samples.length * BYTES_PER_SAMPLE);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < samples.length; index++) {
    view.setInt16(index * BYTES_PER_SAMPLE, samples[index]!, true);
  }
  return { realtimeInput: { audio: { data: encodeBase64(bytes), mimeType: AUDIO_TYPE } } };
}

/** Words among the audio: part of the caller's turn while one is open, else a turn of their own. */
export function textMessage(text: string) {
  return { realtimeInput: { text } };
}

/** Words for the history; with `isAsking` the model answers them at once. */
export function contentMessage(contents: readonly Content[], isAsking: boolean) {
  const turns = contents.map(({ role, text }) => ({ role, parts: [{ text }] }));
  return { clientContent: { turns, turnComplete: isAsking } };
}

/** What a function call has come to. */
export function toolResponseMessage(id: string, name: string, response: FunctionOutput) {
  return { toolResponse: { functionResponses: [{ id, name, response: { ...response } }] } };
}

export type ClientMessage =
  | ReturnType<typeof setupMessage>
  | typeof ACTIVITY_START
  | typeof ACTIVITY_END
  | typeof AUDIO_STREAM_END
  | ReturnType<typeof audioMessage>
  | ReturnType<typeof textMessage>
  | ReturnType<typeof contentMessage>
  | ReturnType<typeof toolResponseMessage>;

function generationConfig({ voice, language, temperature }: GeminiLiveOptions) {
  const speech = {
    ...(language === undefined ? {} : { languageCode: language }),
    ...(voice === undefined ? {} : { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } }),
  };
  return {
    responseModalities: AUDIO_ONLY,
    ...(Object.keys(speech).length === 0 ? {} : { speechConfig: speech }),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

function declaration({ name, description, parameters }: GeminiLiveOptions['tools'][number]) {
  return { name, description, parametersJsonSchema: parameters };
}

function activityDetection({ turnDetection, vendorDetection }: GeminiLiveOptions) {
  if (turnDetection === 'ours') return { disabled: true };
  const { startSensitivity, endSensitivity, prefixPaddingMs, silenceDurationMs } = vendorDetection;
  return {
    disabled: false,
    ...(startSensitivity === undefined
      ? {}
      : { startOfSpeechSensitivity: START_SENSITIVITY[startSensitivity] }),
    ...(endSensitivity === undefined
      ? {}
      : { endOfSpeechSensitivity: END_SENSITIVITY[endSensitivity] }),
    ...(prefixPaddingMs === undefined ? {} : { prefixPaddingMs }),
    ...(silenceDurationMs === undefined ? {} : { silenceDurationMs }),
  };
}

function resumption(options: GeminiLiveOptions, handle: string | null) {
  return {
    ...(handle === null ? {} : { handle }),
    // The developer platform refuses a setup that has the field at all.
    ...(options.resumption === 'transparent' ? { transparent: true } : {}),
  };
}

/** Protobuf's JSON writes an int64 as a string. */
function compression({ compressionTokens: { trigger, target } }: GeminiLiveOptions) {
  return {
    ...(trigger === undefined ? {} : { triggerTokens: String(trigger) }),
    slidingWindow: target === undefined ? {} : { targetTokens: String(target) },
  };
}
