// Callers over WebRTC through Cloudflare's Realtime SFU: conversations for tracks of theirs, and the sockets that the SFU dials.

import * as v from 'valibot';
import { conversationConfig } from '../core/conversation/config.ts';
import {
  ADAPTERS_PATH,
  type AdapterWish,
} from '../durable-objects/bridges/realtime-sfu/adapter-wish.ts';
import { realtimeApp } from '../durable-objects/bridges/realtime-sfu/realtime-api.ts';
import { ADMISSION_HEADER, type Admission } from '../durable-objects/creation.ts';
import { admitOperator, admitToConversation } from './admission.ts';
import { checkAgentAddresses } from './agent-choice.ts';
import { creationOf, mintId } from './conversations.ts';
import { type AdapterRole, adapterTicket, isAdapterTicket } from './realtime-sfu-ticket.ts';
import { Refusal } from './refusal.ts';
import { CREATE_REQUEST, checkCreation, readBody } from './requests.ts';
import { checkScorer } from './scorer-choice.ts';
import type { Visit } from './visit.ts';
import { checkWebhook } from './webhook-choice.ts';

/** The SFU dials again for 15 s; a caller who is gone does not come back. */
const IDLE_TIMEOUT_MS = 20_000;

const ROLES = ['egress', 'ingest'] as const;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** The body of `POST /v1/conversations` and a track; there is no token that could expire. */
const REQUEST = v.strictObject({
  ...v.omit(CREATE_REQUEST, ['ttlSeconds']).entries,
  /** The caller's microphone, as the SFU knows it. */
  caller: v.strictObject({ sessionId: name, trackName: name }),
  agentTrackName: v.optional(name, 'agent'),
});

const TOLD = v.union([
  v.object({ sentence: v.string() }),
  v.object({ sessionId: v.string(), trackName: v.string() }),
]);

/**
 * `POST /v1/bridges/realtime-sfu/conversations`: a conversation with the owner of a track. The answer says where the
 * agent's track is. Throws Refusal.
 */
export async function createRealtimeConversation(visit: Visit): Promise<Response> {
  const { request, env, settings, nowMs } = visit;
  await admitOperator(request, settings);
  if (realtimeApp(env) === null) {
    const sentence =
      'WebRTC callers are not set up here. Set REALTIME_APP_ID and REALTIME_APP_SECRET.';
    throw new Refusal('unavailable', sentence);
  }
  const { caller, agentTrackName, ...rest } = await readBody(request, REQUEST);
  const body = {
    ...rest,
    ttlSeconds: 0,
    settings: { idleTimeoutMs: IDLE_TIMEOUT_MS, ...rest.settings },
  };
  checkCreation(body);
  checkAgentAddresses(body, env, settings);
  checkScorer(body, env, settings);
  checkWebhook(body, env, settings);
  const conversation = mintId(env, body);
  const { maximumCallMs, idleTimeoutMs } = conversationConfig(body.settings);
  const expiresMs = nowMs + maximumCallMs + idleTimeoutMs;
  const { locationHint } = body;
  const id = env.CONVERSATION.idFromString(conversation);
  const object = env.CONVERSATION.get(id, locationHint === undefined ? {} : { locationHint });
  await object.prepare(creationOf(body, env), expiresMs);
  const wish: AdapterWish = {
    caller,
    agentTrackName,
    endpoints: await endpointsOf({ ...visit, conversation }, expiresMs),
  };
  const init = { method: 'POST', body: JSON.stringify(wish) };
  const told = await read(object.fetch(new URL(ADAPTERS_PATH, request.url).href, init));
  if ('sentence' in told) {
    await object.end(false);
    throw new Refusal('unavailable', told.sentence);
  }
  return Response.json({ conversation, agent: told }, { status: 201 });
}

/** `GET /v1/bridges/realtime-sfu/:id`: where the agent's track is now; another place once it had to be made anew. */
export async function readRealtimeConversation(visit: Visit): Promise<Response> {
  const { request, env, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['talk', 'observe', 'admin'], nowMs);
  const object = env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation));
  const told = await read(object.fetch(new URL(ADAPTERS_PATH, request.url).href));
  if ('sentence' in told)
    throw new Refusal('not-found', 'No adapters belong to this conversation.');
  return Response.json({ conversation, agent: told });
}

/** `GET /v1/bridges/realtime-sfu/:id/egress` and `…/ingest`: the SFU dials. Throws Refusal. */
export function openAdapterSocketOf(role: AdapterRole): (visit: Visit) => Promise<Response> {
  return async ({ request, env, settings, conversation, nowMs }) => {
    if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      throw new Refusal('upgrade-required', 'This is a WebSocket.', { Upgrade: 'websocket' });
    }
    const ticket = new URL(request.url).searchParams.get('t') ?? '';
    if (!(await isAdapterTicket(ticket, { conversation, role }, settings.signingKey, nowMs))) {
      throw new Refusal('forbidden', 'The URL is not signed for this adapter, or has expired.');
    }
    const admission: Admission = {
      creation: null,
      realtime: role,
      resumeToken: null,
      resumeIssuedMs: null,
      tokensExpireMs: 0,
    };
    const headers = { Upgrade: 'websocket', [ADMISSION_HEADER]: JSON.stringify(admission) };
    const object = env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation));
    return object.fetch(request.url, { headers });
  };
}

/** Where the SFU is to dial. */
async function endpointsOf(
  { request, settings, conversation }: Visit,
  expiresMs: number,
): Promise<AdapterWish['endpoints']> {
  const [egress, ingest] = await Promise.all(
    ROLES.map(async (role) => {
      const url = new URL(`/v1/bridges/realtime-sfu/${conversation}/${role}`, request.url);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      const ticket = await adapterTicket({ conversation, role }, expiresMs, settings.signingKey);
      url.searchParams.set('t', ticket);
      return url.href;
    }),
  );
  return { egress: egress!, ingest: ingest! };
}

async function read(answer: Promise<Response>): Promise<v.InferOutput<typeof TOLD>> {
  return v.parse(TOLD, await (await answer).json());
}
