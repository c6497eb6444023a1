// What was said so far, as the model is told it: of what the agent said only what the caller has heard.

import * as v from 'valibot';
import type { ModelMessage } from '../../runtime/workers-ai.ts';

const CALL = v.object({
  id: v.string(),
  name: v.string(),
  /** JSON, as the model wrote it. */
  args: v.string(),
  /** Null until the tool has answered. */
  output: v.nullable(v.string()),
});
const CALLER_ENTRY = v.object({ kind: v.literal('caller'), text: v.string() });
const AGENT_ENTRY = v.object({
  kind: v.literal('agent'),
  id: v.number(),
  text: v.string(),
  calls: v.array(CALL),
});

/** A call of a tool, and its answer. */
export type HistoryCall = v.InferOutput<typeof CALL>;
/** Words of the agent; they change until it is known what was heard of them. */
export type AgentEntry = v.InferOutput<typeof AGENT_ENTRY>;

export const HISTORY_SNAPSHOT = v.object({
  nextId: v.number(),
  entries: v.array(v.variant('kind', [CALLER_ENTRY, AGENT_ENTRY])),
});
type HistorySnapshot = v.InferOutput<typeof HISTORY_SNAPSHOT>;
type Entry = HistorySnapshot['entries'][number];

/** What is older is forgotten, so that a long call neither outgrows a model's context nor a saved state. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 24_000;

export class History {
  #entries: Entry[] = [];
  #nextId = 1;

  callerSaid(text: string): void {
    this.#add({ kind: 'caller', text });
  }

  /** The agent is about to say something. */
  agentSpeaks(): AgentEntry {
    const entry: AgentEntry = { kind: 'agent', id: this.#nextId++, text: '', calls: [] };
    this.#add(entry);
    return entry;
  }

  agentEntry(id: number): AgentEntry | null {
    for (const entry of this.#entries) if (entry.kind === 'agent' && entry.id === id) return entry;
    return null;
  }

  /** The agent's words, newest last, for tools that are still to answer. */
  get openCalls(): HistoryCall[] {
    return this.#entries.flatMap((entry) =>
      entry.kind === 'agent' ? entry.calls.filter(({ output }) => output === null) : [],
    );
  }

  /** The messages that a model is given, after its instructions. A call that has no answer yet is left out. */
  messages(instructions: string, note: string | null): ModelMessage[] {
    const messages: ModelMessage[] = [{ role: 'system', content: instructions }];
    for (const entry of this.#entries) {
      if (entry.kind === 'caller') messages.push({ role: 'user', content: entry.text });
      else messages.push(...messagesOf(entry));
    }
    if (note !== null) messages.push({ role: 'system', content: note });
    return messages;
  }

  snapshot(): HistorySnapshot {
    return { nextId: this.#nextId, entries: structuredClone(this.#entries) };
  }

  restore({ nextId, entries }: HistorySnapshot): void {
    this.#nextId = nextId;
    this.#entries = structuredClone(entries);
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    let characters = this.#entries.reduce((sum, each) => sum + each.text.length, 0);
    while (this.#entries.length > MAX_ENTRIES || characters > MAX_CHARACTERS) {
      if (this.#entries.length <= 1) return;
      characters -= this.#entries.shift()?.text.length ?? 0;
    }
  }
}

function messagesOf({ text, calls }: AgentEntry): ModelMessage[] {
  const answered = calls.filter(({ output }) => output !== null);
  if (answered.length === 0) return text === '' ? [] : [{ role: 'assistant', content: text }];
  return [
    {
      role: 'assistant',
      content: text,
      tool_calls: answered.map(({ id, name, args }) => ({
        id,
        type: 'function',
        function: { name, arguments: args },
      })),
    },
    ...answered.map(
      ({ id, name, output }): ModelMessage => ({
        role: 'tool',
        name,
        tool_call_id: id,
        content: output ?? '',
      }),
    ),
  ];
}
