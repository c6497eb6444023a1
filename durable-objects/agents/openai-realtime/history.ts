// The conversation as the model should remember it, so that a new session can be told what was said in the last.

import * as v from 'valibot';
import type { VendorItem } from './client-event.ts';

const id = v.string();
/** The vendor's id of the item in the session that made it; `id` is what it is called in later ones. */
const itemId = v.nullable(v.string());

const SAMPLES = v.custom<Int16Array>((value) => value instanceof Int16Array);

const ENTRY = v.variant('kind', [
  /** What the caller said. `audio` (16 kHz) is kept until it is answered; `text` is null until it is transcribed. */
  v.object({
    kind: v.literal('caller'),
    id,
    itemId,
    text: v.nullable(v.string()),
    audio: v.nullable(SAMPLES),
  }),
  /** What the agent said, as far as the caller has heard it or is going to. */
  v.object({ kind: v.literal('agent'), id, itemId, text: v.string() }),
  v.object({ kind: v.literal('call'), id, callId: v.string(), name: v.string(), args: v.string() }),
  v.object({ kind: v.literal('result'), id, callId: v.string(), output: v.string() }),
]);
export type HistoryEntry = v.InferOutput<typeof ENTRY>;
export type CallerEntry = Extract<HistoryEntry, { kind: 'caller' }>;
export type AgentEntry = Extract<HistoryEntry, { kind: 'agent' }>;

export const HISTORY_SNAPSHOT = v.object({ entries: v.array(ENTRY), made: v.number() });
type HistorySnapshot = v.InferOutput<typeof HISTORY_SNAPSHOT>;

/** Bounds of what is remembered; the oldest is forgotten first. A checkpoint carries all of it. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 32_000;
/** Unanswered audio that is kept, over all entries: one longest turn. */
const MAX_AUDIO_SAMPLES = 61 * 16_000;

const NOT_TRANSCRIBED = '(The caller said something that was not written down.)';

/** Entries are in the order of the conversation, and change as it becomes known what was said and heard. */
export class History {
  #entries: HistoryEntry[] = [];
  #made = 0;

  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** The caller has spoken, and waits for an answer. */
  callerSpoke(vendorId: string | null, audio: Int16Array): CallerEntry {
    const entry: CallerEntry = {
      kind: 'caller',
      id: this.#nextId(),
      itemId: vendorId,
      text: null,
      audio,
    };
    this.#add(entry);
    return entry;
  }

  callerTyped(text: string): CallerEntry {
    const id = this.#nextId();
    const entry: CallerEntry = { kind: 'caller', id, itemId: id, text, audio: null };
    this.#add(entry);
    return entry;
  }

  agentSpoke(vendorId: string): AgentEntry {
    const entry: AgentEntry = { kind: 'agent', id: this.#nextId(), itemId: vendorId, text: '' };
    this.#add(entry);
    return entry;
  }

  called(callId: string, name: string, args: string): void {
    this.#add({ kind: 'call', id: this.#nextId(), callId, name, args });
  }

  /** Returns the item that tells the vendor. */
  answered(callId: string, output: string): VendorItem {
    const entry: HistoryEntry = { kind: 'result', id: this.#nextId(), callId, output };
    this.#add(entry);
    return itemOf(entry);
  }

  /** The caller's words have been written down. False when that is no news: a turn that is asked again is written down again. */
  transcribed(vendorId: string, text: string): boolean {
    const entry = this.#entries.findLast(
      (each): each is CallerEntry => each.kind === 'caller' && each.itemId === vendorId,
    );
    if (entry === undefined || entry.text !== null) return false;
    entry.text = text;
    return true;
  }

  /** What the caller said has been answered, or will not be. */
  settleCaller(): void {
    for (const entry of this.#entries) if (entry.kind === 'caller') entry.audio = null;
  }

  /** Another name, for an item that takes the place of the one that had the old. */
  rename(entry: AgentEntry): void {
    entry.id = this.#nextId();
    entry.itemId = entry.id;
  }

  /** What the caller said last, if nobody has answered it; else null. */
  get newestUnanswered(): CallerEntry | null {
    const entry = this.#entries.findLast(({ kind }) => kind === 'caller');
    return entry?.kind === 'caller' && entry.audio !== null ? entry : null;
  }

  /** The name under which the session knows the item before this one; null for the first. */
  idBefore(entry: HistoryEntry): string | null {
    for (let index = this.#entries.indexOf(entry) - 1; index >= 0; index--) {
      const before = this.#entries[index]!;
      if (before.kind === 'caller' || before.kind === 'agent') {
        if (before.itemId !== null) return before.itemId;
      } else return before.id;
    }
    return null;
  }

  snapshot(): HistorySnapshot {
    return { entries: this.#entries.map((entry) => ({ ...entry })), made: this.#made };
  }

  restore(snapshot: HistorySnapshot): void {
    this.#entries = snapshot.entries.map((entry) => ({ ...entry }));
    this.#made = snapshot.made;
  }

  #nextId(): string {
    return `isochron_${++this.#made}`;
  }

  #add(entry: HistoryEntry): void {
    this.#entries.push(entry);
    this.#forget();
  }

  #forget(): void {
    let characters = 0;
    let audioSamples = 0;
    let kept = 0;
    for (const entry of this.#entries.toReversed()) {
      characters += charactersOf(entry);
      if (kept > 0 && (kept >= MAX_ENTRIES || characters > MAX_CHARACTERS)) break;
      kept++;
      if (entry.kind !== 'caller' || entry.audio === null) continue;
      audioSamples += entry.audio.length;
      if (audioSamples > MAX_AUDIO_SAMPLES) entry.audio = null;
    }
    let first = this.#entries.length - kept;
    // A result says nothing without its call.
    while (this.#entries[first]?.kind === 'result') first++;
    this.#entries.splice(0, first);
  }
}

/** The entry as an item of a new session; of the caller's audio only what was written down. */
export function itemOf(entry: HistoryEntry): VendorItem {
  switch (entry.kind) {
    case 'caller': {
      const text = entry.text ?? NOT_TRANSCRIBED;
      const content = [{ type: 'input_text', text } as const];
      return { id: entry.id, type: 'message', role: 'user', content };
    }
    case 'agent': {
      const content = [{ type: 'output_text', text: entry.text } as const];
      return { id: entry.id, type: 'message', role: 'assistant', content };
    }
    case 'call': {
      const { id, callId, name, args } = entry;
      return { id, type: 'function_call', call_id: callId, name, arguments: args };
    }
    case 'result': {
      const { id, callId, output } = entry;
      return { id, type: 'function_call_output', call_id: callId, output };
    }
  }
}

function charactersOf(entry: HistoryEntry): number {
  switch (entry.kind) {
    case 'caller':
      return entry.text?.length ?? 0;
    case 'agent':
      return entry.text.length;
    case 'call':
      return entry.args.length;
    case 'result':
      return entry.output.length;
  }
}
