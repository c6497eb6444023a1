// What the operator has set for telephone calls over Twilio.

import * as v from 'valibot';
import { checkAgentAddresses } from './agent-choice.ts';
import { Refusal } from './refusal.ts';
import { CREATE_REQUEST, type CreateRequest, checkCreation } from './requests.ts';
import { checkScorer } from './scorer-choice.ts';
import { type ServiceSettings, SettingsError } from './settings.ts';
import { checkWebhook } from './webhook-choice.ts';

const VARIABLES = v.object({
  TWILIO_AUTH_TOKEN: v.optional(v.string(), ''),
  TWILIO_CONVERSATION: v.optional(v.string(), ''),
});

/** After a stream is lost Twilio asks at once what to do, and dials again; a caller who is gone does not come back. */
const IDLE_TIMEOUT_MS = 20_000;

/** The key of the account's signatures. Throws Refusal where calls are not set up. */
export function twilioAuthToken(env: unknown): string {
  const { TWILIO_AUTH_TOKEN: authToken } = v.parse(VARIABLES, env);
  if (authToken !== '') return authToken;
  throw new Refusal('unavailable', 'Telephone calls are not set up here. Set TWILIO_AUTH_TOKEN.');
}

/**
 * What a call's conversation is created from: TWILIO_CONVERSATION, the body of `POST /v1/conversations`, with the agent
 * named in the query and the caller's number in place of what it leaves open. Throws SettingsError and Refusal.
 */
export function callRequest(
  env: Env,
  settings: ServiceSettings,
  query: URLSearchParams,
  caller: string | null,
): CreateRequest {
  const agent = query.get('agent');
  const configured = configuredRequest(env);
  const request = {
    subject: caller,
    ...configured,
    ...(agent === null ? {} : { agent }),
    settings: { idleTimeoutMs: IDLE_TIMEOUT_MS, ...configured.settings },
  };
  const checked = v.safeParse(CREATE_REQUEST, request);
  if (!checked.success)
    throw unusable(`${v.getDotPath(checked.issues[0]) ?? ''}: ${checked.issues[0].message}.`);
  checkCreation(checked.output);
  checkAgentAddresses(checked.output, env, settings);
  checkScorer(checked.output, env, settings);
  checkWebhook(checked.output, env, settings);
  return checked.output;
}

const CONFIGURED = v.looseObject({ settings: v.optional(v.record(v.string(), v.unknown())) });

function configuredRequest(env: unknown): v.InferOutput<typeof CONFIGURED> {
  const { TWILIO_CONVERSATION: text } = v.parse(VARIABLES, env);
  if (text === '') return {};
  try {
    return v.parse(CONFIGURED, JSON.parse(text));
  } catch {
    throw unusable('it is not a JSON object.');
  }
}

function unusable(why: string): SettingsError {
  return new SettingsError(
    `Cannot take the call: "TWILIO_CONVERSATION" must be a body of POST /v1/conversations: ${why}`,
  );
}
