// Answers which conversations go on, worst first.

import { LIVE_LIST_NAME, type LiveAnswer } from '../durable-objects/live-conversations.ts';
import { admitOperator } from './admission.ts';
import { Refusal } from './refusal.ts';
import type { Visit } from './visit.ts';

const DEFAULT_LIMIT = 50;
const LIMIT_MAX = 1000;

/** `GET /v1/conversations?limit=N`: for operators. */
export async function listConversations({ request, env, settings }: Visit): Promise<Response> {
  await admitOperator(request, settings);
  const limit = Number(new URL(request.url).searchParams.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new Refusal('invalid-request', `"limit" must be a whole number from 1 to ${LIMIT_MAX}.`);
  }
  const namespace: Env['LIVE_CONVERSATIONS'] | undefined = env.LIVE_CONVERSATIONS;
  if (namespace === undefined) {
    throw new Refusal(
      'unavailable',
      'The list of live conversations is off: this service has no binding "LIVE_CONVERSATIONS".',
    );
  }
  const answer: LiveAnswer = await namespace.getByName(LIVE_LIST_NAME).worst(limit);
  return Response.json(answer, { headers: { 'Cache-Control': 'no-store' } });
}
