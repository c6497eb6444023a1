// The paths of the service, and what answers at each.

import { RECORDING_FILES, type RecordingFileName } from '../core/recording/chunked-file.ts';
import { announce } from './announcements.ts';
import {
  burnIsolate,
  changeSettings,
  createConversation,
  createToken,
  endConversation,
  readConversation,
  unknownPath,
} from './conversations.ts';
import { health } from './health.ts';
import { listConversations } from './live-conversations.ts';
import { observeConversation } from './observers.ts';
import { readOffer } from './offer.ts';
import {
  createRealtimeConversation,
  openAdapterSocketOf,
  readRealtimeConversation,
} from './realtime-sfu.ts';
import { deleteConversation, downloadOf, readRecording } from './recordings.ts';
import { Refusal } from './refusal.ts';
import { openSocket } from './socket.ts';
import { answerCall, continueCall, openStream } from './twilio.ts';
import type { Visit } from './visit.ts';

type Answer = (visit: Visit) => Response | Promise<Response>;

/** One path with its answers by method. `*` stands for the id of a conversation. */
interface Route {
  readonly path: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

const ROUTES: readonly Route[] = [
  { path: '/healthz', answers: { GET: health } },
  { path: '/v1/offer', answers: { GET: readOffer } },
  { path: '/v1/conversations', answers: { GET: listConversations, POST: createConversation } },
  {
    path: '/v1/conversations/*',
    answers: { GET: readConversation, DELETE: deleteConversation },
  },
  { path: '/v1/conversations/*/socket', answers: { GET: openSocket } },
  { path: '/v1/conversations/*/observe', answers: { GET: observeConversation } },
  { path: '/v1/conversations/*/settings', answers: { PATCH: changeSettings } },
  { path: '/v1/conversations/*/say', answers: { POST: announce } },
  { path: '/v1/conversations/*/end', answers: { POST: endConversation } },
  { path: '/v1/conversations/*/tokens', answers: { POST: createToken } },
  { path: '/v1/conversations/*/burn', answers: { POST: burnIsolate } },
  { path: '/v1/conversations/*/recording', answers: { GET: readRecording } },
  { path: '/v1/bridges/twilio/voice', answers: { POST: answerCall } },
  { path: '/v1/bridges/twilio/*/next', answers: { POST: continueCall } },
  { path: '/v1/bridges/twilio/*/socket', answers: { GET: openStream } },
  { path: '/v1/bridges/realtime-sfu/conversations', answers: { POST: createRealtimeConversation } },
  { path: '/v1/bridges/realtime-sfu/*', answers: { GET: readRealtimeConversation } },
  { path: '/v1/bridges/realtime-sfu/*/egress', answers: { GET: openAdapterSocketOf('egress') } },
  { path: '/v1/bridges/realtime-sfu/*/ingest', answers: { GET: openAdapterSocketOf('ingest') } },
  ...recordingRoutes(),
];

/** Answers a request that was admitted to the service. Throws Refusal. */
export function route(
  request: Request,
  env: Env,
  settings: Visit['settings'],
  nowMs: number,
): Response | Promise<Response> {
  const segments = new URL(request.url).pathname.split('/');
  for (const { path, answers } of ROUTES) {
    const conversation = match(path.split('/'), segments);
    if (conversation === null) continue;
    const answer = Object.hasOwn(answers, request.method) ? answers[request.method] : undefined;
    if (answer === undefined) {
      const allowed = Object.keys(answers).join(', ');
      throw new Refusal('method-not-allowed', `This path answers to ${allowed}.`, {
        Allow: allowed,
      });
    }
    if (conversation !== '') checkId(env, conversation);
    return answer({ request, env, settings, conversation, nowMs });
  }
  throw unknownPath();
}

/** A path for each file of a recording. */
function recordingRoutes(): Route[] {
  return (Object.keys(RECORDING_FILES) as RecordingFileName[]).map((name) => {
    const download = downloadOf(name);
    return {
      path: `/v1/conversations/*/recording/${name}`,
      answers: { GET: download, HEAD: download },
    };
  });
}

/** The segment under `*`, '' when the pattern has none, null when the path is another one. */
function match(pattern: readonly string[], segments: readonly string[]): string | null {
  if (pattern.length !== segments.length) return null;
  let found = '';
  for (const [index, segment] of segments.entries()) {
    if (pattern[index] === '*' && segment !== '') found = segment;
    else if (pattern[index] !== segment) return null;
  }
  return found;
}

/** Ids are made by the namespace, which tells a made-up one without waking any object. */
function checkId(env: Env, conversation: string): void {
  try {
    env.CONVERSATION.idFromString(conversation);
  } catch {
    throw new Refusal('not-found', 'There is no such conversation.');
  }
}
