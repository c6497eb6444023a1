// The settings of a vendor session, made from the agent's options.

import type { OpenAiRealtimeOptions } from './options.ts';

type TurnDetection =
  | {
      readonly type: 'server_vad';
      readonly create_response: boolean;
      readonly interrupt_response: boolean;
      readonly threshold?: number;
      readonly prefix_padding_ms?: number;
      readonly silence_duration_ms?: number;
    }
  | {
      readonly type: 'semantic_vad';
      readonly create_response: boolean;
      readonly interrupt_response: boolean;
      readonly eagerness?: 'low' | 'medium' | 'high' | 'auto';
    };

const PCM = { type: 'audio/pcm', rate: 24_000 } as const;

/** `session` of `session.update`, as the API reference has it. */
export interface SessionSettings {
  readonly type: 'realtime';
  readonly model: string;
  readonly instructions?: string;
  readonly output_modalities: 'audio'[];
  readonly audio: {
    readonly input: {
      readonly format: typeof PCM;
      readonly noise_reduction?: { readonly type: 'near_field' | 'far_field' };
      readonly transcription?: { readonly model: string; readonly language?: string };
      readonly turn_detection: TurnDetection | null;
    };
    readonly output: {
      readonly format: typeof PCM;
      readonly voice: string;
      readonly speed: number;
    };
  };
  readonly tools: {
    readonly type: 'function';
    readonly name: string;
    readonly description: string;
    readonly parameters: unknown;
  }[];
  readonly tool_choice: 'auto';
}

export function sessionSettings(options: OpenAiRealtimeOptions): SessionSettings {
  const { instructions, language, noiseReduction, transcription } = options;
  return {
    type: 'realtime',
    model: options.model,
    ...(instructions === '' ? {} : { instructions }),
    output_modalities: ['audio'],
    audio: {
      input: {
        format: PCM,
        ...(noiseReduction === null ? {} : { noise_reduction: { type: noiseReduction } }),
        ...(transcription === null
          ? {}
          : {
              transcription: {
                model: transcription,
                ...(language === undefined ? {} : { language }),
              },
            }),
        turn_detection: turnDetection(options),
      },
      output: { format: PCM, voice: options.voice, speed: options.speed },
    },
    tools: options.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters,
    })),
    tool_choice: 'auto',
  };
}

function turnDetection(options: OpenAiRealtimeOptions): TurnDetection | null {
  const { threshold, prefixPaddingMs, silenceDurationMs, eagerness } = options;
  const effects = { create_response: true, interrupt_response: options.interruptible };
  switch (options.turnDetection) {
    case 'ours':
      return null;
    case 'server_vad':
      return {
        type: 'server_vad',
        ...effects,
        ...(threshold === undefined ? {} : { threshold }),
        ...(prefixPaddingMs === undefined ? {} : { prefix_padding_ms: prefixPaddingMs }),
        ...(silenceDurationMs === undefined ? {} : { silence_duration_ms: silenceDurationMs }),
      };
    case 'semantic_vad':
      return {
        type: 'semantic_vad',
        ...effects,
        ...(eagerness === undefined ? {} : { eagerness }),
      };
  }
}
