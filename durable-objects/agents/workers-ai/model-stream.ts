// Reads what a text model streams: server-sent events with text, calls of tools and usage, in either of the shapes that Workers AI gives.

import * as v from 'valibot';

/**
 * Models of Workers AI's own kind send `{"response": "…"}` and whole calls; those that follow OpenAI's chat completions send
 * `choices[0].delta` with calls in parts. https://developers.cloudflare.com/workers-ai/features/function-calling/
 */
const CALL = v.object({
  index: v.optional(v.number()),
  id: v.nullish(v.string()),
  name: v.nullish(v.string()),
  arguments: v.optional(v.unknown()),
  function: v.optional(
    v.object({ name: v.nullish(v.string()), arguments: v.optional(v.unknown()) }),
  ),
});
type CallPart = v.InferOutput<typeof CALL>;

const EVENT = v.object({
  response: v.nullish(v.union([v.string(), v.number()])),
  tool_calls: v.nullish(v.array(CALL)),
  choices: v.optional(
    v.array(
      v.object({
        delta: v.optional(
          v.object({ content: v.nullish(v.string()), tool_calls: v.nullish(v.array(CALL)) }),
        ),
      }),
    ),
  ),
  usage: v.nullish(
    v.object({
      prompt_tokens: v.optional(v.number(), 0),
      completion_tokens: v.optional(v.number(), 0),
    }),
  ),
});

/** A call of a tool as the model wrote it. */
export interface WrittenCall {
  readonly id: string | null;
  readonly name: string;
  /** JSON as far as the model wrote any. */
  readonly args: string;
}

/** The longest line that is waited for. */
const LINE_MAX_CHARACTERS = 262_144;

/** One answer of a model. Bytes come cut anywhere; what cannot be read is passed over. */
export class ModelStream {
  readonly #decoder = new TextDecoder();
  #line = '';
  #isDone = false;
  readonly #calls = new Map<number, { id: string | null; name: string; args: string }>();
  #usage: { inputTokens: number; outputTokens: number } | null = null;

  /** The model has said that it is done. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Tokens of the answer; null when the model told none. */
  get usage(): { readonly inputTokens: number; readonly outputTokens: number } | null {
    return this.#usage;
  }

  get calls(): WrittenCall[] {
    return [...this.#calls.values()].filter(({ name }) => name !== '');
  }

  /** Takes bytes; returns the text that they bring. */
  take(bytes: Uint8Array): string {
    const lines = (this.#line + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r/);
    this.#line = (lines.pop() ?? '').slice(0, LINE_MAX_CHARACTERS);
    return lines.map((line) => this.#read(line)).join('');
  }

  #read(line: string): string {
    if (!line.startsWith('data:')) return '';
    const text = line.slice('data:'.length).trim();
    if (text === '[DONE]') {
      this.#isDone = true;
      return '';
    }
    const event = v.safeParse(EVENT, parsed(text));
    if (!event.success) return '';
    const { response, tool_calls: calls, choices, usage } = event.output;
    if (usage) {
      this.#usage = { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
    }
    const delta = choices?.[0]?.delta;
    for (const [at, part] of (calls ?? []).entries()) this.#take(part, at, true);
    for (const [at, part] of (delta?.tool_calls ?? []).entries()) this.#take(part, at, false);
    return `${response ?? ''}${delta?.content ?? ''}`;
  }

  #take(part: CallPart, at: number, isWhole: boolean): void {
    const index = part.index ?? at;
    const { name, arguments: args } = part.function ?? part;
    const text = args === undefined || args === null ? '' : textOf(args);
    const begun = this.#calls.get(index);
    if (begun === undefined || isWhole) {
      this.#calls.set(index, { id: part.id ?? null, name: name ?? '', args: text });
      return;
    }
    begun.id ??= part.id ?? null;
    if (begun.name === '') begun.name = name ?? '';
    begun.args += text;
  }
}

function textOf(args: unknown): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
