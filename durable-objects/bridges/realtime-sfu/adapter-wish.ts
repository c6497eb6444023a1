// What the Worker asks a conversation's object for: adapters at the SFU.

import * as v from 'valibot';

/** Path of the request; no route of the service leads there. */
export const ADAPTERS_PATH = '/adapters';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

export const ADAPTER_WISH = v.object({
  /** Where the caller's track is. */
  caller: v.object({ sessionId: name, trackName: name }),
  /** The name that the agent's track gets. */
  agentTrackName: name,
  /** Where the SFU dials, with what it proves itself with. */
  endpoints: v.object({ egress: v.string(), ingest: v.string() }),
});

export type AdapterWish = v.InferOutput<typeof ADAPTER_WISH>;
