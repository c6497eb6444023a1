// What can be chosen when a conversation is created with a backend of one's own as its agent.

import * as v from 'valibot';
import { FALLBACK_OPTION } from '../vendor/fallback.ts';

/** Bytes of `data` as JSON: it is signed into the token of the conversation. */
const DATA_MAX_CHARACTERS = 4000;

export const WEBSOCKET_OPTIONS = v.strictObject({
  /** Where the backend listens: wss, in development also ws to this machine. ISOCHRON_AGENT_URL unless given. */
  url: v.optional(v.pipe(v.string(), v.url(), v.maxLength(2000))),
  /** Whether audio comes inside turns only, or all the time. */
  hears: v.optional(v.picklist(['turns', 'everything']), 'turns'),
  /** Handed to the backend in `start`, as it is. */
  data: v.optional(
    v.pipe(
      v.record(v.string(), v.unknown()),
      v.check(
        (data) => JSON.stringify(data).length <= DATA_MAX_CHARACTERS,
        `has more than ${DATA_MAX_CHARACTERS} characters as JSON`,
      ),
    ),
    {},
  ),
  /** How long a backend that is gone is dialled again before the agent waits for the caller's next word. */
  giveUpMs: v.optional(v.pipe(v.number(), v.minValue(1000), v.maxValue(600_000)), 60_000),
  fallback: FALLBACK_OPTION,
});

export type WebSocketOptions = v.InferOutput<typeof WEBSOCKET_OPTIONS>;
