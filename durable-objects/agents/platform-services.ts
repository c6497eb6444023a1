// An agent's services on Cloudflare: variables of the Worker, sockets by fetch, tools by signed requests.

import { webhookSecret } from '../recording/webhook-secret.ts';
import { SIGNATURE_HEADER, signWebhook } from '../recording/webhook-signature.ts';
import { dialOut } from '../runtime/outgoing-socket.ts';
import { platformAi } from '../runtime/workers-ai.ts';
import type { AgentServices } from './agent-services.ts';
import { Tools } from './tools.ts';

/** What services are made of. */
export interface ServiceSurroundings {
  readonly env: Env;
  readonly conversation: string;
  /** The agent's option `tools`. */
  readonly tools: unknown;
  readonly inEvent: (run: (nowMs: number) => void) => void;
  /** Aborted when the conversation's memory is given up. */
  readonly gone: AbortSignal;
}

export function platformServices(surroundings: ServiceSurroundings): AgentServices {
  const { env, conversation, inEvent, gone } = surroundings;
  const sign = (text: string): Promise<Record<string, string>> => signature(text, env);
  const sockets = { inEvent, gone, sign };
  const tools = new Tools(surroundings.tools, {
    conversation,
    fetch: (url, init) => fetch(url, init),
    sign,
    inEvent,
  });
  return {
    assets: env.ASSETS,
    conversation,
    inEvent,
    variable: (name) => variableOf(env, name),
    connect: (request, listener) => dialOut(request, listener, sockets),
    ai: env.AI === undefined ? null : platformAi(env.AI, sockets),
    callTool: (call, done) => tools.call(call, done),
  };
}

/** Secrets and variables are strings among the bindings. */
function variableOf(env: object, name: string): string | null {
  const value = Object.entries(env).find(([key]) => key === name)?.[1];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Nothing is sent unsigned where a key is missing: whoever asked for it was told so, and the call fails. */
async function signature(text: string, env: Env): Promise<Record<string, string>> {
  const secret = webhookSecret(env);
  if (secret === null) throw new Error('No key is configured to sign with.');
  return { [SIGNATURE_HEADER]: await signWebhook(text, secret, Date.now()) };
}
