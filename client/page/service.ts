// The HTTP side of the service that has served this page.

/** What conversations can be made of. */
export interface Offer {
  readonly agents: readonly string[];
  readonly scorers: readonly string[];
  readonly recording: boolean;
  readonly development: boolean;
}

/** A conversation that was just made. */
export interface Created {
  readonly conversation: string;
  readonly token: string;
}

export interface Choice {
  readonly agent: string;
  readonly scorer: string;
  readonly recording: boolean;
}

export interface LiveConversation {
  readonly conversation: string;
  readonly agent: string;
  readonly connected: boolean;
  readonly trouble: number;
  readonly lifetimeTrouble: number;
  readonly underruns: number;
  readonly roundTripMs: number | null;
  readonly turns: number;
}

/** Where a recording stands; the files are there when it is assembled. */
export type RecordingState =
  | { readonly phase: 'off'; readonly reason: string }
  | { readonly phase: 'assembled'; readonly made: readonly RecordingFile[] }
  | { readonly phase: 'recording' | 'ending' | 'deleted' };

export interface RecordingFile {
  readonly name: string;
  readonly bytes: number;
}

/** Thrown when the service refuses; the message is its sentence. */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** Calls with the API key that the person at the page has given; without a secret the service needs none. */
export class Service {
  readonly origin: string;
  apiKey = '';

  constructor(origin: string) {
    this.origin = origin;
  }

  offer(): Promise<Offer> {
    return this.#ask('GET', '/v1/offer') as Promise<Offer>;
  }

  create(choice: Choice): Promise<Created> {
    return this.#ask('POST', '/v1/conversations', choice) as Promise<Created>;
  }

  async observeToken(conversation: string): Promise<string> {
    const body = { scope: 'observe' };
    const path = `/v1/conversations/${conversation}/tokens`;
    const { token } = (await this.#ask('POST', path, body)) as { token: string };
    return token;
  }

  /** Development only: computes for `burnMs` at a stretch, every `everyMs`, for `forMs`. */
  async burn(conversation: string, burnMs: number, everyMs: number, forMs: number): Promise<void> {
    await this.#ask('POST', `/v1/conversations/${conversation}/burn`, { burnMs, everyMs, forMs });
  }

  async live(): Promise<readonly LiveConversation[]> {
    const answer = (await this.#ask('GET', '/v1/conversations')) as {
      conversations: readonly LiveConversation[];
    };
    return answer.conversations;
  }

  recording(conversation: string): Promise<RecordingState> {
    return this.#ask(
      'GET',
      `/v1/conversations/${conversation}/recording`,
    ) as Promise<RecordingState>;
  }

  /** A file of a recording. */
  async recordingFile(conversation: string, name: string): Promise<Blob> {
    const path = `/v1/conversations/${conversation}/recording/${name}`;
    return (await this.#fetch('GET', path)).blob();
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return (await this.#fetch(method, path, body)).json();
  }

  async #fetch(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = new Headers();
    if (this.apiKey !== '') headers.set('Authorization', `Bearer ${this.apiKey}`);
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    const response = await fetch(new URL(path, this.origin), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new ServiceRefusal(response.status, await sentenceOf(response));
    return response;
  }
}

async function sentenceOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error: { sentence: string } };
    return error.sentence;
  } catch {
    return `The service answered ${response.status}.`;
  }
}
