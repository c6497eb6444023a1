// A call with Gemini Live behind the real engine, in which the caller cuts an answer short.

import * as v from 'valibot';
import { GeminiLive } from '../../../durable-objects/agents/gemini-live/gemini-live.ts';
import { GEMINI_LIVE_OPTIONS } from '../../../durable-objects/agents/gemini-live/options.ts';
import { type CutCallFigures, type CutCallOptions, holdCutCall } from '../cut-call.ts';
import { toEar } from '../ear.ts';
import { FakeGeminiLive } from './fake-gemini-live.ts';
import { SPEECH_RATE_HZ, watermark } from './watermark.ts';

const ANSWER_MS = 6000;

export interface GeminiCallOptions extends Pick<CutCallOptions, 'cutInMs' | 'sabotage'> {
  /** Of the vendor: whether it still generates when it is cut short. */
  readonly speed: number;
}

export function holdGeminiCall({ speed, ...options }: GeminiCallOptions): CutCallFigures {
  const fake = new FakeGeminiLive({ answerMs: ANSWER_MS, speed });
  return holdCutCall({
    ...options,
    agent: (services) => new GeminiLive(v.parse(GEMINI_LIVE_OPTIONS, {}), services),
    variables: { GEMINI_API_KEY: fake.options.apiKey },
    make: (line, nowMs) => fake.connect(line, nowMs),
    violations: () => fake.violations,
    isSpeech: (data) => textOf(data).includes('inlineData'),
    stops: (text) => text.includes('activityStart'),
    toldMs: (text) => {
      const seconds = /first (\d+\.\d+) s were heard/.exec(text)?.[1];
      return seconds === undefined ? null : 1000 * Number(seconds);
    },
    answer: toEar(watermark(1, (ANSWER_MS * SPEECH_RATE_HZ) / 1000), SPEECH_RATE_HZ),
  });
}

function textOf(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : new TextDecoder().decode(data);
}
