// The service as its tests reach it: the real Worker with settings of the test's choice, and the objects behind it.

import { env } from 'cloudflare:workers';
import type { ConversationObject } from '../../durable-objects/conversation.ts';
import worker from '../../worker/index.ts';

export const ORIGIN = 'https://voice.example';
export const API_KEY = 'key-of-the-test';

/** Settings of a service that is open to the world. */
export const SECURED = {
  ISOCHRON_SECRET: 'a secret of the test, long enough for HS256',
  ISOCHRON_API_KEYS: `another-key,${API_KEY}`,
  ISOCHRON_ORIGINS: 'https://app.example',
};

export type Variables = Readonly<Record<string, string>>;

/** Answer to `POST /v1/conversations`. */
export interface Created {
  readonly conversation: string;
  readonly token: string;
  readonly expiresAt: string;
  readonly socket: string;
  readonly subprotocol: string;
}

/** Sends a request to the service. */
export function ask(
  method: string,
  path: string,
  { body, headers = {}, variables = SECURED, origin = ORIGIN }: AskOptions = {},
): Promise<Response> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const init = { method, headers, ...(text === undefined ? {} : { body: text }) };
  return worker.fetch(new Request(`${origin}${path}`, init), { ...env, ...variables });
}

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly variables?: Variables;
  readonly origin?: string;
}

/** Sends a request as the operator. */
export function askAsOperator(method: string, path: string, body?: unknown): Promise<Response> {
  return ask(method, path, { body, headers: { Authorization: `Bearer ${API_KEY}` } });
}

/** Creates a conversation as the operator. */
export async function create(body: unknown = {}): Promise<Created> {
  const response = await askAsOperator('POST', '/v1/conversations', body);
  if (response.status !== 201) throw new Error(await response.text());
  return response.json();
}

/** The object of a conversation. */
export function objectOf(conversation: string): DurableObjectStub<ConversationObject> {
  return env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation));
}

/** The error of a refused request. */
export async function errorOf(response: Response): Promise<{ code: string; sentence: string }> {
  const { error } = await response.json<{ error: { code: string; sentence: string } }>();
  return error;
}
