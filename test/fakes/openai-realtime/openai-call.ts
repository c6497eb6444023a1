// A call with OpenAI Realtime behind the real engine, in which the caller cuts an answer short.

import * as v from 'valibot';
import { OpenAiRealtime } from '../../../durable-objects/agents/openai-realtime/openai-realtime.ts';
import { OPENAI_REALTIME_OPTIONS } from '../../../durable-objects/agents/openai-realtime/options.ts';
import { type CutCallFigures, type CutCallOptions, holdCutCall } from '../cut-call.ts';
import { toEar } from '../ear.ts';
import { FAKE_KEY, FakeOpenAiService } from './openai-connection.ts';
import { FAKE_RATE_HZ, wordSound } from './watermark.ts';

/** Words of an answer: 6 s. */
const WORDS = 25;

export interface OpenAiCallOptions extends Pick<CutCallOptions, 'cutInMs' | 'sabotage'> {
  /** Of the vendor: whether it still generates when it is cut short. */
  readonly speed: number;
}

export function holdOpenAiCall({ speed, ...options }: OpenAiCallOptions): CutCallFigures {
  const service = new FakeOpenAiService(() => ({
    speed,
    answer: ({ turn }) => ({ messages: [wordsOf(turn)] }),
  }));
  return holdCutCall({
    ...options,
    agent: (services) => new OpenAiRealtime(v.parse(OPENAI_REALTIME_OPTIONS, {}), services),
    variables: { OPENAI_API_KEY: FAKE_KEY, OPENAI_REALTIME_URL: 'ws://fake/v1/realtime' },
    make: service.serve,
    violations: () => service.violations,
    isSpeech: (data) => typeof data === 'string' && data.includes('response.output_audio.delta'),
    stops: (text) => text.includes('"response.cancel"'),
    toldMs: (text) => {
      const ms = /"audio_end_ms":(\d+)/.exec(text)?.[1];
      return ms === undefined ? null : Number(ms);
    },
    answer: toEar(
      Int16Array.from(wordsOf(1).flatMap((word) => [...wordSound(word)])),
      FAKE_RATE_HZ,
    ),
  });
}

function wordsOf(turn: number): number[] {
  return Array.from({ length: WORDS }, (_, index) => 100 * turn + 1 + index);
}
