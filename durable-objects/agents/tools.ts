// Calls the tools that a developer has declared: handlers in this Worker, or hosts elsewhere.

import * as v from 'valibot';
import { logNotice } from '../runtime/log.ts';
import type { ToolCall, ToolDone, ToolOutcome } from './agent-services.ts';
import { TOOL_HANDLERS, type ToolHandler } from './tool-handlers.ts';
import { TOOLS_OPTION, type Tool } from './tool-options.ts';

/** Most bytes of an answer. */
const ANSWER_MAX_BYTES = 65_536;

/** What calling a tool needs of the platform. */
export interface ToolSurroundings {
  readonly conversation: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The header that tells a receiver who it is from; throws when no key is configured. */
  readonly sign: (body: string) => Promise<Record<string, string>>;
  readonly inEvent: (run: (nowMs: number) => void) => void;
  /** Registered in code; TOOL_HANDLERS unless given. */
  readonly handlers?: Readonly<Record<string, ToolHandler>> | undefined;
}

/** Calls the tools of one agent. */
export class Tools {
  readonly #tools: readonly Tool[];
  readonly #surroundings: ToolSurroundings;

  /** `declared` is the agent's option `tools`, checked or not; what is not valid declares none. */
  constructor(declared: unknown, surroundings: ToolSurroundings) {
    const checked = v.safeParse(TOOLS_OPTION, declared);
    this.#tools = checked.success ? checked.output : [];
    this.#surroundings = surroundings;
  }

  /** Calls a tool; `done` is called once, in an event of its own. */
  call(call: ToolCall, done: ToolDone): void {
    const { conversation, inEvent } = this.#surroundings;
    const tell = (outcome: ToolOutcome): void => {
      if (outcome.kind === 'failed') {
        logNotice('tool-failed', { conversation, tool: call.name, why: outcome.sentence });
      }
      inEvent((nowMs) => done(outcome, nowMs));
    };
    this.#outcomeOf(call).then(tell, () => tell(failed(`The tool "${call.name}" failed.`)));
  }

  async #outcomeOf(call: ToolCall): Promise<ToolOutcome> {
    const tool = this.#tools.find(({ name }) => name === call.name);
    if (tool === undefined) return failed(`There is no tool "${call.name}".`);
    const patience = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const tooLate = new Promise<ToolOutcome>((resolve) => {
      timer = setTimeout(() => {
        patience.abort();
        resolve(failed(`The tool "${call.name}" did not answer within ${tool.timeoutMs} ms.`));
      }, tool.timeoutMs);
    });
    try {
      return await Promise.race([this.#answerOf(tool, call, patience.signal), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answerOf(tool: Tool, call: ToolCall, signal: AbortSignal): Promise<ToolOutcome> {
    if (tool.url !== undefined) return this.#post(tool.url, call, signal);
    const handlers = this.#surroundings.handlers ?? TOOL_HANDLERS;
    const handler = Object.hasOwn(handlers, tool.name) ? handlers[tool.name] : undefined;
    if (handler === undefined) {
      return failed(`The tool "${tool.name}" has no "url", and no handler is registered.`);
    }
    const { conversation } = this.#surroundings;
    return { kind: 'result', value: await handler(call.args, { conversation, signal }) };
  }

  async #post(url: string, call: ToolCall, signal: AbortSignal): Promise<ToolOutcome> {
    const { conversation, fetch, sign } = this.#surroundings;
    const { callId, name, args } = call;
    const body = JSON.stringify({ type: 'tool', id: callId, conversation, name, args });
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(await sign(body)) },
      body,
      // Followed, a redirect could lead to an address that was never checked.
      redirect: 'manual',
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      return failed(`The tool "${name}" answered with status ${response.status}.`);
    }
    const text = await response.text();
    if (text.length > ANSWER_MAX_BYTES) return failed(`The answer of "${name}" is too long.`);
    return { kind: 'result', value: readValue(text) };
  }
}

/** JSON where it is JSON, else the text itself. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failed(sentence: string): ToolOutcome {
  return { kind: 'failed', sentence };
}
