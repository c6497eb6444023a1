// The agents by name. To add one of your own: write it in this folder, and give it an entry here.

import * as v from 'valibot';
import type { Agent } from '../../core/conversation/agent.ts';
import { agentFrom } from './agent-from.ts';
import { PARROT_OPTIONS, Parrot } from './parrot.ts';
import { loadStory } from './story.ts';
import { STORYTELLER_OPTIONS, Storyteller } from './storyteller.ts';

/** What an agent may use of the platform. */
export interface AgentServices {
  /** The bundled static files. */
  readonly assets: Fetcher;
  /** Runs what an agent does outside its own methods, such as after a fetch, as an event of its conversation. */
  readonly inEvent: (run: (nowMs: number) => void) => void;
}

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
  /** Listens and says nothing: to watch turns, or to keep a line open. */
  silent: entry(v.strictObject({}), () => agentFrom('silent', {})),
};

/** Thrown for an agent that cannot be made; the message is a sentence for the developer. */
export class AgentChoiceError extends Error {
  override readonly name = 'AgentChoiceError';
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
    const known = Object.keys(CATALOGUE).map((each) => `"${each}"`);
    throw new AgentChoiceError(
      `Cannot make the agent: there is no "${name}"; the agents are ${known.join(', ')}.`,
    );
  }
  return found;
}
