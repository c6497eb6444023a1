// A text model of Workers AI that streams: https://developers.cloudflare.com/workers-ai/models/llama-3.3-70b-instruct-fp8-fast/.

import * as v from 'valibot';
import type { FakeConnection, FakeLine } from '../ws-server.ts';
import type { FakeWorkersAiOptions, Reaction } from './fake-options.ts';

const TOOL_CALL = v.strictObject({
  id: v.string(),
  type: v.literal('function'),
  function: v.strictObject({ name: v.string(), arguments: v.pipe(v.string(), v.check(isJson)) }),
});
const MESSAGE = v.variant('role', [
  v.strictObject({
    role: v.picklist(['system', 'user']),
    content: v.pipe(v.string(), v.minLength(1)),
  }),
  v.strictObject({
    role: v.literal('assistant'),
    content: v.string(),
    tool_calls: v.optional(v.pipe(v.array(TOOL_CALL), v.minLength(1))),
  }),
  v.strictObject({
    role: v.literal('tool'),
    content: v.string(),
    name: v.string(),
    tool_call_id: v.string(),
  }),
]);
const INPUTS = v.strictObject({
  messages: v.array(MESSAGE),
  stream: v.literal(true),
  max_tokens: v.pipe(v.number(), v.integer(), v.minValue(1)),
  temperature: v.optional(v.number()),
  tools: v.optional(
    v.array(
      v.strictObject({
        type: v.literal('function'),
        function: v.strictObject({
          name: v.string(),
          description: v.string(),
          parameters: v.looseObject({ type: v.literal('object') }),
        }),
      }),
    ),
  ),
});
export type WriterInputs = v.InferOutput<typeof INPUTS>;

export interface WriterPorts {
  readonly options: FakeWorkersAiOptions;
  readonly violations: string[];
  readonly nextQuestion: () => number;
}

/** Characters of a token. */
const TOKEN_CHARACTERS = 4;

/** One run: the first message is what the model is asked, what it sends is the body of the answer. */
export class FakeWriter implements FakeConnection {
  inputs: WriterInputs | null = null;
  /** Number of the question, over all runs. */
  question = 0;
  reaction: Reaction | null = null;
  /** When nobody wanted it any more before it had ended. */
  cancelledAtMs: number | null = null;
  isOver = false;
  readonly #ports: WriterPorts;
  readonly #line: FakeLine;
  #events: string[] = [];
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(ports: WriterPorts, line: FakeLine) {
    this.#ports = ports;
    this.#line = line;
  }

  get nextDeadlineMs(): number {
    return this.#dueMs;
  }

  receive(data: string | Uint8Array, nowMs: number): void {
    const { options, violations, nextQuestion } = this.#ports;
    const checked = v.safeParse(INPUTS, JSON.parse(String(data)));
    if (!checked.success) {
      const issue = checked.issues[0];
      violations.push(`The model was asked with ${v.getDotPath(issue) ?? ''}: ${issue.message}`);
      this.#end(4400);
      return;
    }
    this.inputs = checked.output;
    violations.push(...faultsOf(checked.output.messages));
    const messages = JSON.parse(String(data)).messages;
    this.question = nextQuestion();
    const reaction = options.react(this.question, messages);
    this.reaction = reaction;
    if (reaction.kind === 'busy') return this.#end(4429);
    this.#events = this.#eventsOf(reaction);
    if (reaction.kind !== 'silence') this.#dueMs = nowMs + options.thinkMs;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    const event = this.#events.shift();
    if (event === 'death' || event === undefined) {
      this.#end(event === 'death' ? 4500 : 1000);
      return;
    }
    this.#line.send(new TextEncoder().encode(event));
    this.#dueMs = nowMs + this.#ports.options.tokenMs;
  }

  closed(_code: number, nowMs: number): void {
    if (!this.isOver) this.cancelledAtMs = nowMs;
    this.isOver = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #end(code: number): void {
    this.isOver = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#line.close(code, '');
  }

  #eventsOf(reaction: Reaction): string[] {
    switch (reaction.kind) {
      case 'text':
        return [...this.#tokens(reaction.text), ...this.#last()];
      case 'death':
        return [...this.#tokens(reaction.text).slice(0, reaction.tokens), 'death'];
      case 'tool':
        return [...this.#call(reaction.name, reaction.args), ...this.#last()];
      default:
        return [];
    }
  }

  #tokens(text: string): string[] {
    const tokens: string[] = [];
    for (let at = 0; at < text.length; at += TOKEN_CHARACTERS) {
      const token = text.slice(at, at + TOKEN_CHARACTERS);
      const isOurs = this.#ports.options.shape === 'workers-ai';
      tokens.push(
        event(
          isOurs ? { response: token } : { choices: [{ index: 0, delta: { content: token } }] },
        ),
      );
      if (this.#ports.options.isMalformed) tokens.push('data: {"respon\n\n: comment\n\n');
    }
    return tokens;
  }

  #call(name: string, args: Readonly<Record<string, unknown>>): string[] {
    if (this.#ports.options.shape === 'workers-ai') {
      return [event({ response: '', tool_calls: [{ name, arguments: args }] })];
    }
    const text = JSON.stringify(args);
    const part = (given: object) =>
      event({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...given }] } }] });
    return [
      part({ id: 'chatcmpl-tool-1', type: 'function', function: { name, arguments: '' } }),
      part({ function: { arguments: text.slice(0, 3) } }),
      part({ function: { arguments: text.slice(3) } }),
    ];
  }

  #last(): string[] {
    const usage = { prompt_tokens: 50, completion_tokens: 20, total_tokens: 70 };
    return [event({ response: '', usage }), 'data: [DONE]\n\n'];
  }
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every call has its answer, right behind it; nothing answers a call that was not made. */
function faultsOf(messages: WriterInputs['messages']): string[] {
  const faults: string[] = [];
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) faults.push('A tool answers what was not asked.');
      continue;
    }
    if (open.size > 0) faults.push('A call of a tool has no answer.');
    open = new Set(message.role === 'assistant' ? message.tool_calls?.map(({ id }) => id) : []);
  }
  if (open.size > 0) faults.push('A call of a tool has no answer.');
  if (messages[0]?.role !== 'system') faults.push('The instructions do not come first.');
  return faults;
}
