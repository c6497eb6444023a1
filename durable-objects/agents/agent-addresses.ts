// The addresses in an agent's options: whoever creates a conversation names them, so they are checked before anything is sent there.

import * as v from 'valibot';
import type { AddressRule } from '../runtime/outside-address.ts';
import type { AgentChoice } from './catalogue.ts';

/** An address, and what is allowed there. */
interface AgentAddress extends Pick<AddressRule, 'subject' | 'schemes'> {
  readonly url: string;
}

/** Every agent with an address calls it so. */
const ADDRESSED = v.object({
  url: v.optional(v.string()),
  tools: v.optional(v.array(v.object({ name: v.string(), url: v.optional(v.string()) }))),
});

/** The addresses of a choice that was checked. */
export function agentAddresses(choice: AgentChoice): AgentAddress[] {
  const { output, success } = v.safeParse(ADDRESSED, choice);
  if (!success) return [];
  const addresses: AgentAddress[] = [];
  if (output.url !== undefined) {
    addresses.push({ url: output.url, subject: 'The agent\'s "url"', schemes: ['wss', 'ws'] });
  }
  for (const { name, url } of output.tools ?? []) {
    if (url === undefined) continue;
    addresses.push({ url, subject: `The "url" of the tool "${name}"`, schemes: ['https', 'http'] });
  }
  return addresses;
}
