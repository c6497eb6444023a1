// Telephone calls over Twilio: the answer to a call, its media stream, and what comes after the stream.

import { conversationConfig } from '../core/conversation/config.ts';
import { ADMISSION_HEADER, type Admission } from '../durable-objects/creation.ts';
import { creationOf, mintId } from './conversations.ts';
import { Refusal } from './refusal.ts';
import { readText } from './requests.ts';
import { connectMarkup, dialMarkup, hangUpMarkup } from './twilio-markup.ts';
import { callRequest, twilioAuthToken } from './twilio-settings.ts';
import { checkTwilioSignature } from './twilio-signature.ts';
import { goodTickets, ticketFor } from './twilio-ticket.ts';
import { objectOf, type Visit } from './visit.ts';

/** A stream that was lost is opened again this often: a deploy or a fault, not a loop. */
const MOST_STREAMS = 10;

/** Call states after which nobody is on the line (Twilio, CallStatus). */
const OVER = ['completed', 'busy', 'failed', 'no-answer', 'canceled'];

/** A request of Twilio's, whose signature holds. */
interface TwilioRequest {
  readonly form: URLSearchParams;
  /** As Twilio knows it. */
  readonly origin: string;
}

/** `POST /v1/bridges/twilio/voice`: a call has come; a conversation is made for it, and its audio is sent there. */
export async function answerCall(visit: Visit): Promise<Response> {
  const { form, origin } = await admitTwilio(visit);
  const { env, settings, nowMs } = visit;
  const request = callRequest(
    env,
    settings,
    new URL(visit.request.url).searchParams,
    form.get('From'),
  );
  const { maximumCallMs, idleTimeoutMs } = conversationConfig(request.settings);
  const conversation = mintId(env, request);
  const call = { ...visit, conversation };
  await objectOf(call).prepare(creationOf(request, env), nowMs + maximumCallMs + idleTimeoutMs);
  return markup(await streamMarkup(call, origin, 1));
}

/** `POST /v1/bridges/twilio/:id/next`: the stream is over; the caller goes on, is dialled to somebody, or hung up on. */
export async function continueCall(visit: Visit): Promise<Response> {
  const { form, origin } = await admitTwilio(visit);
  const object = objectOf(visit);
  if (OVER.includes(form.get('CallStatus') ?? '')) {
    await object.end(false);
    return markup(hangUpMarkup());
  }
  const state = await object.state();
  if (state === null || state.phase === 'ended') {
    const dialled = state?.transfer == null ? null : dialMarkup(state.transfer);
    return markup(dialled ?? hangUpMarkup());
  }
  const stream = Number(new URL(visit.request.url).searchParams.get('stream')) + 1;
  return markup(
    stream <= MOST_STREAMS ? await streamMarkup(visit, origin, stream) : hangUpMarkup(),
  );
}

/** `GET /v1/bridges/twilio/:id/socket`: the upgrade of a media stream; the ticket comes with its first message. */
export async function openStream(visit: Visit): Promise<Response> {
  const { request, env, settings, conversation, nowMs } = visit;
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new Refusal('upgrade-required', 'This is a WebSocket.', { Upgrade: 'websocket' });
  }
  await checkTwilioSignature(request, 'socket', new URLSearchParams(), twilioAuthToken(env));
  const admission: Admission = {
    creation: null,
    twilio: { tickets: await goodTickets(conversation, settings.signingKey, nowMs) },
    resumeToken: null,
    resumeIssuedMs: null,
    tokensExpireMs: 0,
  };
  const headers = { Upgrade: 'websocket', [ADMISSION_HEADER]: JSON.stringify(admission) };
  return objectOf(visit).fetch(request.url, { headers });
}

async function admitTwilio({ request, env }: Visit): Promise<TwilioRequest> {
  const authToken = twilioAuthToken(env);
  const form = new URLSearchParams(await readText(request));
  const scheme = await checkTwilioSignature(request, 'request', form, authToken);
  return { form, origin: `${scheme}//${new URL(request.url).host}` };
}

async function streamMarkup(visit: Visit, origin: string, stream: number): Promise<string> {
  const { conversation, settings, nowMs } = visit;
  const path = `/v1/bridges/twilio/${conversation}`;
  const ticket = await ticketFor(conversation, settings.signingKey, nowMs);
  return connectMarkup({
    streamUrl: `${origin.replace(/^http/, 'ws')}${path}/socket`,
    nextUrl: `${origin}${path}/next?stream=${stream}`,
    parameters: { ticket },
  });
}

function markup(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'text/xml; charset=utf-8' } });
}
