// What the text model is asked with.

import type { WritingInputs } from '../../runtime/workers-ai.ts';
import type { History } from './history.ts';
import type { WorkersAiOptions } from './options.ts';

/** `note` is told to the model this time only. */
export function writingInputs(
  { instructions, maxTokens, temperature, tools }: WorkersAiOptions,
  history: History,
  note: string | null,
  offersTools: boolean,
): WritingInputs {
  return {
    messages: history.messages(instructions, note),
    max_tokens: maxTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(offersTools && tools.length > 0
      ? {
          tools: tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: { name, description, parameters },
          })),
        }
      : {}),
  };
}
