// The HTTP side of a service: creating a conversation, reading it, and the burn of development.

import * as v from 'valibot';
import { CONVERSATION_STATISTICS } from '../../core/wire/statistics-schema.ts';
import { CommandError } from './command-error.ts';

/** Longest wait for an answer. */
const PATIENCE_MS = 10_000;

/** A running service, here or deployed. */
export interface Service {
  readonly url: URL;
  /** Needed by a service with a secret. */
  readonly apiKey?: string | undefined;
}

/** What the conversation is to be; anything left out is the service's default. */
export interface ConversationRequest {
  readonly agent?: { readonly name: string; readonly [option: string]: unknown } | undefined;
  /** Numbers of core/conversation/config.ts. */
  readonly settings?: Readonly<Record<string, number>> | undefined;
  readonly scorer?: string | undefined;
  /** Whether it is recorded; not unless given. */
  readonly recording?: boolean | undefined;
}

/** A conversation that can be joined. */
export interface Invitation {
  readonly conversation: string;
  readonly token: string;
}

const CREATED = v.object({ conversation: v.string(), token: v.string() });
const STATE = v.object({ scorer: v.string(), statistics: CONVERSATION_STATISTICS });
const REFUSED = v.object({ error: v.object({ sentence: v.string() }) });

/** What a service tells of a conversation. */
export type ConversationState = v.InferOutput<typeof STATE>;

/** Creates a conversation. Throws CommandError with a sentence. */
export async function createConversation(
  service: Service,
  request: ConversationRequest,
): Promise<Invitation> {
  const answer = await ask(service, 'POST', '/v1/conversations', service.apiKey, request);
  return read(CREATED, answer, service);
}

/** State and statistics of a conversation. Throws CommandError with a sentence. */
export async function readConversation(
  service: Service,
  { conversation, token }: Invitation,
): Promise<ConversationState> {
  const answer = await ask(service, 'GET', `/v1/conversations/${conversation}`, token);
  return read(STATE, answer, service);
}

/** Keeps the isolate busy for `burnMs` at a stretch, once a second; a service in development does so. */
export async function burnIsolate(
  service: Service,
  conversation: string,
  burnMs: number,
  forMs: number,
): Promise<void> {
  const path = `/v1/conversations/${conversation}/burn`;
  await ask(service, 'POST', path, service.apiKey, { burnMs, everyMs: 1000, forMs });
}

/** Where a conversation's WebSocket is. */
export function socketUrl(service: Service, conversation: string): URL {
  const url = new URL(`/v1/conversations/${conversation}/socket`, service.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

async function ask(
  service: Service,
  method: 'GET' | 'POST',
  path: string,
  credential: string | undefined,
  body?: unknown,
): Promise<unknown> {
  const response = await send(service, path, {
    method,
    headers: {
      ...(credential === undefined ? {} : { Authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const refused = v.safeParse(REFUSED, answer);
  if (!refused.success) throw notIsochron(service, `status ${response.status}`);
  throw new CommandError(
    `The service refused (${response.status}): ${refused.output.error.sentence}`,
  );
}

async function send(service: Service, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, service.url), init);
  } catch (fault) {
    throw new CommandError(
      `There is no service at ${service.url.origin} (${reasonOf(fault)}). Start one with "npm start", or say where it is with --url.`,
    );
  }
}

/** `fetch` wraps what went wrong in a TypeError that says nothing. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  if (fault.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} s`;
  const { cause } = fault;
  if (!(cause instanceof Error)) return fault.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}

function read<Output>(
  schema: v.GenericSchema<unknown, Output>,
  answer: unknown,
  service: Service,
): Output {
  const checked = v.safeParse(schema, answer);
  if (!checked.success) throw notIsochron(service, 'an unknown form');
  return checked.output;
}

function notIsochron(service: Service, what: string): CommandError {
  return new CommandError(
    `What answers at ${service.url.origin} is not an Isochron service: its answer has ${what}.`,
  );
}
