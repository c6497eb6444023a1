// Decides whether a conversation can have the agent that was asked for: its addresses, and the key that calls are signed with.

import { agentAddresses } from '../durable-objects/agents/agent-addresses.ts';
import { webhookSecret } from '../durable-objects/recording/webhook-secret.ts';
import { addressFault } from '../durable-objects/runtime/outside-address.ts';
import { Refusal } from './refusal.ts';
import type { CreateRequest } from './requests.ts';
import type { ServiceSettings } from './settings.ts';

/** Checks that this service has what the agent needs, and that it and its tools may be called where they are said to be. Throws Refusal. */
export function checkAgentAddresses(
  { agent }: Pick<CreateRequest, 'agent'>,
  env: Env,
  { development, secured }: ServiceSettings,
): void {
  if (agent.name === 'workers-ai' && env.AI === undefined) {
    throw new Refusal(
      'invalid-request',
      'The agent "workers-ai" needs Workers AI, and this service has no binding "AI" to it: see docs/agents/workers-ai.md.',
    );
  }
  const isDevelopment = development && !secured;
  const addresses = agentAddresses(agent);
  for (const { url, subject, schemes } of addresses) {
    const fault = addressFault(url, { subject, schemes, isDevelopment });
    if (fault !== null) throw new Refusal('invalid-request', fault);
  }
  if (addresses.length > 0 && webhookSecret(env) === null) {
    throw new Refusal(
      'invalid-request',
      'No key is configured to sign calls of the agent with. Set ISOCHRON_WEBHOOK_SECRET.',
    );
  }
}
