// The Realtime SFU's HTTP API, as far as adapters go.
// Sources: https://developers.cloudflare.com/realtime/sfu/features/media-transport-adapters/websocket-adapter/ and …/observability/error-codes/

import * as v from 'valibot';

const VARIABLES = v.object({
  REALTIME_APP_ID: v.optional(v.string(), ''),
  REALTIME_APP_SECRET: v.optional(v.string(), ''),
  /** Another address of the API; for tests. */
  REALTIME_URL: v.optional(v.string(), 'https://rtc.live.cloudflare.com/v1'),
});

/** Dialling in takes the SFU some seconds at most. */
const TIMEOUT_MS = 20_000;

/** What the codes of single adapters mean. */
const SENTENCES: Readonly<Record<string, string>> = {
  websocket_localhost_not_allowed:
    'The SFU does not dial this machine: deploy the service, or reach it through a tunnel.',
  websocket_handshake_failed:
    'The SFU could not open a WebSocket to this service: its public address must answer without redirects.',
  websocket_connection_timeout:
    'The SFU reached nobody at the address of this service within its time.',
  adapter_not_found: 'The adapter is gone already.',
};

/** Where a track is found. */
export interface TrackPlace {
  readonly sessionId: string;
  readonly trackName: string;
}

const ANSWER = v.object({
  tracks: v.array(
    v.object({
      adapterId: v.optional(v.string()),
      sessionId: v.optional(v.string()),
      errorCode: v.optional(v.string()),
      errorDescription: v.optional(v.string()),
    }),
  ),
});

type Item = v.InferOutput<typeof ANSWER>['tracks'][number];

/** The SFU did not do what it was asked to; the message is a sentence. */
export class RealtimeError extends Error {
  override readonly name = 'RealtimeError';
}

/** Where the app's API is, and its secret. Null where none is set up. */
export function realtimeApp(env: unknown): { url: string; secret: string } | null {
  const {
    REALTIME_APP_ID: id,
    REALTIME_APP_SECRET: secret,
    REALTIME_URL: base,
  } = v.parse(VARIABLES, env);
  if (id === '' || secret === '') return null;
  return { url: `${base}/apps/${encodeURIComponent(id)}`, secret };
}

/** Makes and closes adapters of one app. */
export class RealtimeApi {
  readonly #env: unknown;

  constructor(env: unknown) {
    this.#env = env;
  }

  /** Has audio of ours published as a track of a new session; the SFU dials `endpoint` before this resolves. Throws RealtimeError. */
  async publish(
    trackName: string,
    endpoint: string,
  ): Promise<{ adapterId: string; sessionId: string }> {
    const track = { location: 'local', trackName, endpoint, inputCodec: 'pcm', mode: 'buffer' };
    const { adapterId, sessionId } = await this.#create(track);
    if (sessionId === undefined) throw new RealtimeError('The SFU named no session of the track.');
    return { adapterId, sessionId };
  }

  /** Has a track sent to us. Throws RealtimeError. */
  async receive(track: TrackPlace, endpoint: string): Promise<{ adapterId: string }> {
    return this.#create({ location: 'remote', ...track, endpoint, outputCodec: 'pcm' });
  }

  /** Closes adapters; one that is gone counts as closed. Throws RealtimeError. */
  async close(adapterIds: readonly string[]): Promise<void> {
    const tracks = adapterIds.map((adapterId) => ({ adapterId }));
    const items = await this.#ask('adapters/websocket/close', { tracks });
    const failed = items.find(
      ({ errorCode }) => errorCode !== undefined && errorCode !== 'adapter_not_found',
    );
    if (failed !== undefined) throw faultOf(failed);
  }

  async #create(track: object): Promise<Item & { adapterId: string }> {
    const [item] = await this.#ask('adapters/websocket/new', { tracks: [track] });
    if (item === undefined) throw new RealtimeError('The SFU said nothing about the adapter.');
    const { adapterId, errorCode } = item;
    if (errorCode !== undefined || adapterId === undefined) throw faultOf(item);
    return { ...item, adapterId };
  }

  async #ask(path: string, body: object): Promise<readonly Item[]> {
    const app = realtimeApp(this.#env);
    if (app === null) throw new RealtimeError('The SFU is not set up here.');
    const { status, text } = await post(`${app.url}/${path}`, app.secret, body);
    const answer = v.safeParse(ANSWER, parsed(text));
    // Where every item has failed, the status is 503, and the items say why.
    if (answer.success && answer.output.tracks.length > 0) return answer.output.tracks;
    throw new RealtimeError(statusSentence(status));
  }
}

async function post(
  url: string,
  secret: string,
  body: object,
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    throw new RealtimeError('The SFU could not be reached.');
  }
}

function faultOf({ errorCode = '', errorDescription = '' }: Item): RealtimeError {
  const known = Object.hasOwn(SENTENCES, errorCode) ? SENTENCES[errorCode] : undefined;
  const told = `The SFU refused the adapter: ${errorCode} ${errorDescription}`.trim();
  return new RealtimeError(known ?? told);
}

function statusSentence(status: number): string {
  if (status === 401 || status === 403)
    return 'The SFU does not take the credentials: check REALTIME_APP_ID and REALTIME_APP_SECRET.';
  if (status === 429) return 'The SFU was asked too often.';
  return `The SFU answered with ${status}, and said nothing that is documented.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
