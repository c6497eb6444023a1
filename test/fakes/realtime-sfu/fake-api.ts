// The SFU's HTTP API for adapters, without a network: checks what it is asked, and has adapters made and closed.
// Sources: https://developers.cloudflare.com/realtime/sfu/features/media-transport-adapters/websocket-adapter/ and …/observability/error-codes/

import * as v from 'valibot';

const name = v.pipe(v.string(), v.minLength(1));
/** The true one takes `wss` alone; the fake dials this machine. */
const endpoint = v.pipe(v.string(), v.regex(/^wss?:\/\/[^\s]+$/));

const NEW = v.strictObject({
  tracks: v.pipe(
    v.array(
      v.variant('location', [
        v.strictObject({
          location: v.literal('local'),
          trackName: name,
          endpoint,
          inputCodec: v.literal('pcm'),
          mode: v.optional(v.literal('buffer')),
        }),
        v.strictObject({
          location: v.literal('remote'),
          sessionId: name,
          trackName: name,
          endpoint,
          outputCodec: v.literal('pcm'),
        }),
      ]),
    ),
    v.minLength(1),
    v.maxLength(4),
  ),
});

const CLOSE = v.strictObject({
  tracks: v.pipe(v.array(v.strictObject({ adapterId: name })), v.minLength(1), v.maxLength(4)),
});

/** An adapter that is asked for. */
export type WantedTrack = v.InferOutput<typeof NEW>['tracks'][number];

/** An adapter. */
export interface FakeAdapter {
  readonly isOver: boolean;
  readonly close: () => void;
}

/** What becomes of one that is asked for: it is there, or why not (an `errorCode` of the documents). */
export type MadeTrack = FakeAdapter | { readonly errorCode: string };

export interface FakeApiOptions {
  readonly appId: string;
  readonly secret: string;
  /** Dials, and resolves when the handshake is done or has failed. */
  readonly make: (track: WantedTrack) => Promise<MadeTrack>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Item {
  readonly adapterId?: string;
  readonly trackName?: string;
  readonly sessionId?: string;
  readonly endpoint?: string;
  readonly errorCode?: string;
  readonly errorDescription?: string;
}

export class FakeApi {
  /** Requests that the documents do not allow. */
  readonly violations: string[] = [];
  readonly #options: FakeApiOptions;
  readonly #adapters = new Map<string, FakeAdapter>();
  #made = 0;

  constructor(options: FakeApiOptions) {
    this.#options = options;
  }

  /** Adapters that nobody has closed, and that have not come to an end by themselves. */
  get openAdapters(): number {
    return Array.from(this.#adapters.values()).filter(({ isOver }) => !isOver).length;
  }

  /** Answers a POST. */
  async answer(path: string, authorization: string, body: string): Promise<Answer> {
    const { appId, secret } = this.#options;
    if (authorization !== `Bearer ${secret}`) return { status: 401, body: {} };
    const [operation] =
      new RegExp(`(?<=^/apps/${appId}/adapters/websocket/)\\w+$`).exec(path) ?? [];
    if (operation === 'new') return this.#new(body);
    return operation === 'close' ? this.#close(body) : { status: 404, body: {} };
  }

  async #new(text: string): Promise<Answer> {
    const wanted = v.safeParse(NEW, parsed(text));
    if (!wanted.success) return this.#wrong(text);
    const items: Item[] = [];
    for (const track of wanted.output.tracks) {
      const made = await this.#options.make(track);
      items.push('errorCode' in made ? failed(made.errorCode) : this.#open(track, made));
    }
    return told(items);
  }

  #open(track: WantedTrack, adapter: FakeAdapter): Item {
    const adapterId = `adapter-${++this.#made}`;
    this.#adapters.set(adapterId, adapter);
    const { trackName, endpoint: url } = track;
    const session = track.location === 'local' ? { sessionId: `session-${this.#made}` } : {};
    return { trackName, adapterId, endpoint: url, ...session };
  }

  /** Idempotent, by one document; by another, one that is gone is not found. */
  #close(text: string): Answer {
    const wanted = v.safeParse(CLOSE, parsed(text));
    if (!wanted.success) return this.#wrong(text);
    return told(
      wanted.output.tracks.map(({ adapterId }) => {
        const adapter = this.#adapters.get(adapterId);
        if (adapter === undefined) return { adapterId, ...failed('adapter_not_found') };
        this.#adapters.delete(adapterId);
        adapter.close();
        return { adapterId };
      }),
    );
  }

  #wrong(text: string): Answer {
    this.violations.push(`Not as documented: ${text.slice(0, 200)}`);
    return { status: 400, body: { errorCode: 'invalid_request' } };
  }
}

/** 200 when one has succeeded at least. */
function told(tracks: readonly Item[]): Answer {
  const hasSucceeded = tracks.some(({ errorCode }) => errorCode === undefined);
  return { status: hasSucceeded ? 200 : 503, body: { tracks } };
}

function failed(errorCode: string): Item {
  return { errorCode, errorDescription: `This is the description of ${errorCode}.` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
