// One request on its way through the routes.

import type { ConversationObject } from '../durable-objects/conversation.ts';
import type { ServiceSettings } from './settings.ts';

/** A request with what is known about it. */
export interface Visit {
  readonly request: Request;
  readonly env: Env;
  readonly settings: ServiceSettings;
  /** The conversation named in the path; '' on paths that name none. */
  readonly conversation: string;
  /** The clock, read once when the request came in. */
  readonly nowMs: number;
}

/** The object of the conversation named in the path. */
export function objectOf({ env, conversation }: Visit): DurableObjectStub<ConversationObject> {
  return env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation));
}
