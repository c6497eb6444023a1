// Agents that tell somebody outside of every turn that they were told: what that one has heard is evidence of its own.

import { env } from 'cloudflare:workers';
import type { Agent, AgentHost, TurnEnd } from '../../core/conversation/agent.ts';
import { Parrot } from '../../durable-objects/agents/parrot.ts';
import { Storyteller } from '../../durable-objects/agents/storyteller.ts';

/** What an agent keeps beside its own state. */
interface Notes {
  readonly conversation: string;
  /** Turns of which nobody outside is known to have heard. */
  waiting: TurnEnd[];
  /** Those of them that are on their way. */
  readonly sent: Set<number>;
}

interface SavedNotes {
  readonly own: unknown;
  readonly waiting: readonly TurnEnd[];
}

const notesOf = new WeakMap<Agent, Notes>();

/** The object whose event it is; agents are opened in one. */
let conversation = '';

/** An event of this object begins. */
export function enterObject(id: string): void {
  conversation = id;
}

/**
 * Has every agent keep each turn's end until it is stored, tell it then, and again after a loss of memory that came before
 * the answer: as an agent must that speaks to somebody outside. The number of the turn tells the second time from the first.
 */
export function haveAgentsTell(): void {
  for (const { prototype } of [Parrot, Storyteller]) haveTell(prototype);
}

function haveTell(prototype: Agent): void {
  const { open, turnEnded, save, restore } = prototype;
  Object.assign(prototype, {
    open(this: Agent, host: AgentHost, nowMs: number): void {
      notesOf.set(this, { conversation, waiting: [], sent: new Set() });
      open.call(this, host, nowMs);
    },
    turnEnded(this: Agent, end: TurnEnd, nowMs: number): void {
      notesOf.get(this)?.waiting.push(end);
      turnEnded.call(this, end, nowMs);
    },
    stored(this: Agent): void {
      const notes = notesOf.get(this);
      if (notes !== undefined) for (const end of notes.waiting) tell(notes, end);
    },
    save(this: Agent): SavedNotes {
      return { own: save.call(this), waiting: [...(notesOf.get(this)?.waiting ?? [])] };
    },
    restore(this: Agent, { own, waiting }: SavedNotes, nowMs: number): void {
      notesOf.get(this)?.waiting.push(...waiting);
      restore.call(this, own, nowMs);
    },
  });
}

/** The runtime holds the request back until what was written before it is on disk. */
function tell(notes: Notes, end: TurnEnd): void {
  if (notes.sent.has(end.turn)) return;
  notes.sent.add(end.turn);
  const { CHAOS_BACKEND: backend } = env as { readonly CHAOS_BACKEND?: string };
  const { turn, startSample, endSample } = end;
  const body = JSON.stringify({ conversation: notes.conversation, turn, startSample, endSample });
  fetch(backend!, { method: 'POST', body }).then(
    () => {
      notes.waiting = notes.waiting.filter((each) => each.turn !== turn);
    },
    () => notes.sent.delete(turn),
  );
}
