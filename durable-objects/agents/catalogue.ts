// The agents by name. To add one of your own: write it in this folder, and give it an entry here.

import * as v from 'valibot';
import type { Agent } from '../../core/conversation/agent.ts';
import { agentFrom } from './agent-from.ts';
import type { AgentServices } from './agent-services.ts';
import { GeminiLive } from './gemini-live/gemini-live.ts';
import { GEMINI_LIVE_OPTIONS } from './gemini-live/options.ts';
import { OpenAiRealtime } from './openai-realtime/openai-realtime.ts';
import { OPENAI_REALTIME_OPTIONS } from './openai-realtime/options.ts';
import { PARROT_OPTIONS, Parrot } from './parrot.ts';
import { loadStory } from './story.ts';
import { STORYTELLER_OPTIONS, Storyteller } from './storyteller.ts';
import { WEBSOCKET_OPTIONS } from './websocket/options.ts';
import { WebSocketAgent } from './websocket/websocket-agent.ts';
import { WORKERS_AI_OPTIONS } from './workers-ai/options.ts';
import { WorkersAiAgent } from './workers-ai/workers-ai-agent.ts';

/** An agent's name, and beside it the options that the agent knows. */
export const AGENT_CHOICE = v.looseObject({ name: v.pipe(v.string(), v.maxLength(100)) });
export type AgentChoice = v.InferOutput<typeof AGENT_CHOICE>;

export const DEFAULT_AGENT: AgentChoice = { name: 'parrot' };

const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  parrot: entry(PARROT_OPTIONS, (options) => new Parrot(options)),
  storyteller: entry(
    STORYTELLER_OPTIONS,
    (options, { assets, inEvent }) => new Storyteller(options, loadStory(assets), inEvent),
  ),
  'gemini-live': entry(
    GEMINI_LIVE_OPTIONS,
    (options, services) => new GeminiLive(options, services),
  ),
  'openai-realtime': entry(
    OPENAI_REALTIME_OPTIONS,
    (options, services) => new OpenAiRealtime(options, services),
  ),
  websocket: entry(WEBSOCKET_OPTIONS, (options, services) => new WebSocketAgent(options, services)),
  'workers-ai': entry(
    WORKERS_AI_OPTIONS,
    (options, services) => new WorkersAiAgent(options, services),
  ),
  /** Listens and says nothing: to watch turns, or to keep a line open. */
  silent: entry(v.strictObject({}), () => agentFrom('silent', {})),
};

/** Thrown for an agent that cannot be made; the message is a sentence for the developer. */
export class AgentChoiceError extends Error {
  override readonly name = 'AgentChoiceError';
}

/** The agents that there are. */
export function agentNames(): string[] {
  return Object.keys(CATALOGUE);
}

/** Checks a choice without making the agent. Throws AgentChoiceError for an unknown name or option. */
export function checkAgent(choice: AgentChoice): void {
  entryOf(choice).prepare(choice);
}

/** Makes the agent of one conversation. Throws AgentChoiceError for an unknown name or option. */
export function makeAgent(choice: AgentChoice, services: AgentServices): Agent {
  return entryOf(choice).prepare(choice)(services);
}

interface CatalogueEntry {
  /** Checks the options; what it returns makes the agent. */
  prepare(choice: AgentChoice): (services: AgentServices) => Agent;
}

function entry<Options>(
  schema: v.GenericSchema<unknown, Options>,
  make: (options: Options, services: AgentServices) => Agent,
): CatalogueEntry {
  return {
    prepare({ name, ...given }) {
      const checked = v.safeParse(schema, given);
      if (!checked.success) {
        const issue = checked.issues[0];
        const option = v.getDotPath(issue) ?? 'options';
        throw new AgentChoiceError(
          `Cannot make the agent "${name}": "${option}" is not valid: ${issue.message}.`,
        );
      }
      return (services) => make(checked.output, services);
    },
  };
}

function entryOf({ name }: AgentChoice): CatalogueEntry {
  const found = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (found === undefined) {
    const known = agentNames().map((each) => `"${each}"`);
    throw new AgentChoiceError(
      `Cannot make the agent: there is no "${name}"; the agents are ${known.join(', ')}.`,
    );
  }
  return found;
}
