// Creates conversations and looks after them: the answers of /v1/conversations, except the socket.

import { unreachable } from '../core/unreachable.ts';
import { SUBPROTOCOL } from '../core/wire/messages.ts';
import type { ControlOutcome } from '../durable-objects/control-outcome.ts';
import type { Creation } from '../durable-objects/creation.ts';
import { recordingBucket } from '../durable-objects/recording/bucket.ts';
import { NO_BUCKET } from '../durable-objects/recording/recorder.ts';
import { admitOperator, admitToConversation } from './admission.ts';
import { checkAgentAddresses } from './agent-choice.ts';
import { Refusal } from './refusal.ts';
import {
  BURN_REQUEST,
  CREATE_REQUEST,
  type CreateRequest,
  checkCreation,
  END_REQUEST,
  readBody,
  SETTINGS_REQUEST,
  TOKEN_REQUEST,
} from './requests.ts';
import { checkScorer } from './scorer-choice.ts';
import { signToken } from './tokens.ts';
import { objectOf, type Visit } from './visit.ts';
import { checkWebhook } from './webhook-choice.ts';

/** `POST /v1/conversations`: mints an id and a token with everything signed inside; the object is not touched. */
export async function createConversation({
  request,
  env,
  settings,
  nowMs,
}: Visit): Promise<Response> {
  await admitOperator(request, settings);
  const body = await readBody(request, CREATE_REQUEST);
  checkCreation(body);
  checkAgentAddresses(body, env, settings);
  checkScorer(body, env, settings);
  checkWebhook(body, env, settings);
  const conversation = mintId(env, body);
  const expiresMs = nowMs + body.ttlSeconds * 1000;
  const token = await signToken(
    {
      conversation,
      scope: 'talk',
      creation: creationOf(body, env),
      locationHint: body.locationHint ?? null,
      resumeIssuedMs: null,
      expiresMs,
    },
    settings.signingKey,
  );
  const url = new URL(`/v1/conversations/${conversation}/socket`, request.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const expiresAt = new Date(expiresMs).toISOString();
  return Response.json(
    {
      conversation,
      token,
      expiresAt,
      socket: url.href,
      subprotocol: SUBPROTOCOL,
      ...(body.recording === null ? {} : { recording: recordingPromise(env) }),
    },
    { status: 201 },
  );
}

/** What a conversation is made from, of a request that was checked. */
export function creationOf(request: CreateRequest, env: Env): Creation {
  const { agent, settings, scorer, turnTaking, echoGuard, subject, recording, webhook } = request;
  const isRecorded = recording !== null && recordingBucket(env) !== null;
  return {
    agent,
    settings,
    scorer,
    turnTaking,
    echoGuard,
    subject,
    recording,
    webhook,
    isRecorded,
  };
}

/** `POST /v1/conversations/:id/tokens`: a token with which somebody else may read the state, the recording, or all of it. */
export async function createToken(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitOperator(request, settings);
  const { scope, ttlSeconds } = await readBody(request, TOKEN_REQUEST);
  const expiresMs = nowMs + ttlSeconds * 1000;
  const nothing = { creation: null, locationHint: null, resumeIssuedMs: null };
  const token = await signToken(
    { conversation, scope, ...nothing, expiresMs },
    settings.signingKey,
  );
  const expiresAt = new Date(expiresMs).toISOString();
  return Response.json({ conversation, scope, token, expiresAt }, { status: 201 });
}

/** `GET /v1/conversations/:id`: state and statistics. */
export async function readConversation(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['talk', 'observe', 'admin'], nowMs);
  const state = await objectOf(visit).state();
  if (state === null) throw unknownConversation();
  return Response.json(state);
}

/** `PATCH /v1/conversations/:id/settings`: changes numbers in mid-call. */
export async function changeSettings(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['admin'], nowMs);
  const overrides = await readBody(request, SETTINGS_REQUEST);
  const outcome = await objectOf(visit).configure(overrides);
  return answerTo(outcome);
}

/** `POST /v1/conversations/:id/end`: after the last word was heard, or at once. */
export async function endConversation(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['admin'], nowMs);
  const { mode } = await readBody(request, END_REQUEST);
  const outcome = await objectOf(visit).end(mode === 'after-last-word');
  return answerTo(outcome);
}

/** `POST /v1/conversations/:id/burn`, in development only: keeps the isolate busy, to show what that does to audio. */
export async function burnIsolate(visit: Visit): Promise<Response> {
  if (!visit.settings.development || visit.settings.secured) throw unknownPath();
  const { burnMs, everyMs, forMs } = await readBody(visit.request, BURN_REQUEST);
  await objectOf(visit).burn(burnMs, everyMs, forMs);
  return Response.json({ burning: true }, { status: 202 });
}

/** The refusal of a path that is not served. */
export function unknownPath(): Refusal {
  return new Refusal('not-found', 'There is nothing at this path.');
}

/** The refusal of a conversation that no client has ever opened. */
export function unknownConversation(): Refusal {
  return new Refusal('not-found', 'There is no such conversation.');
}

/** Whether a recording that was asked for will be made. */
function recordingPromise(env: Env): { on: boolean; notice?: string } {
  return recordingBucket(env) === null ? { on: false, notice: NO_BUCKET } : { on: true };
}

/** Turns the object's answer into the request's. Throws Refusal. */
function answerTo(outcome: ControlOutcome): Response {
  switch (outcome.kind) {
    case 'done':
      return Response.json(outcome.state);
    case 'unknown':
      throw unknownConversation();
    case 'refused':
      throw new Refusal('invalid-request', outcome.sentence);
    case 'not-stored':
      throw new Refusal('unavailable', outcome.sentence);
    default:
      return unreachable(outcome);
  }
}

/** An id that no conversation has, in the jurisdiction asked for. Throws Refusal. */
export function mintId(env: Env, { jurisdiction }: CreateRequest): string {
  if (jurisdiction === undefined) return env.CONVERSATION.newUniqueId().toString();
  try {
    return env.CONVERSATION.newUniqueId({ jurisdiction }).toString();
  } catch {
    throw new Refusal(
      'invalid-request',
      `The jurisdiction "${jurisdiction}" cannot be had on this runtime.`,
    );
  }
}
