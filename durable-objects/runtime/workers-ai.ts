// Workers AI as agents use it: sockets of models that listen, streams of models that write or speak, heard in events of the conversation.

import {
  dialOut,
  type OutgoingSocket,
  type SocketListener,
  type SocketSurroundings,
} from './outgoing-socket.ts';

declare global {
  /** Bindings that a deployment may have; `wrangler types` knows of the others. */
  interface Env {
    /** Without it the agent `workers-ai` cannot be chosen. */
    readonly AI?: Ai;
  }
}

/** A model that listens over a WebSocket, and how; over the socket all options are strings. */
export type Listening =
  | {
      readonly model: '@cf/deepgram/flux';
      readonly inputs: AiModels['@cf/deepgram/flux']['inputs'];
    }
  | { readonly model: '@cf/deepgram/nova-3'; readonly inputs: Readonly<Record<string, string>> };

/** What a text model is asked. */
export interface WritingInputs {
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  readonly max_tokens: number;
  readonly temperature?: number;
}

/** One message of a text model's history. */
export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Of a tool's answer. */
  readonly name?: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly ModelToolCall[];
}

export interface ModelToolCall {
  readonly id: string;
  readonly type: 'function';
  /** Arguments are JSON. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ModelTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    /** JSON schema. */
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

export type SpeakingModel =
  | '@cf/deepgram/aura-1'
  | '@cf/deepgram/aura-2-en'
  | '@cf/deepgram/aura-2-es';

/** What is to be said, and how. */
export interface SpeakingInputs {
  readonly text: string;
  /** A voice of the model; the model's own choice unless given. */
  readonly speaker?: string | undefined;
  readonly encoding: 'linear16';
  readonly container: 'none';
  /** Hz. */
  readonly sample_rate: number;
}

/** Hears of one stream; each call is made inside an event of the conversation, `ended` or `failed` once and last. */
export interface StreamListener {
  chunk(bytes: Uint8Array, nowMs: number): void;
  ended(nowMs: number): void;
  /** The model could not be run, or broke off. */
  failed(nowMs: number): void;
}

/** What a model gives. */
export interface AiStream {
  /** Stops the model; the listener hears nothing any more. */
  cancel(): void;
}

export interface WorkersAi {
  /** Opens the socket of a model. What fails is told to the listener. */
  listen(listening: Listening, listener: SocketListener): OutgoingSocket;
  /** Has a text model write: its server-sent events. */
  write(model: string, inputs: WritingInputs, listener: StreamListener): AiStream;
  /** Has a text spoken: bytes of the encoding asked for. */
  speak(model: SpeakingModel, inputs: SpeakingInputs, listener: StreamListener): AiStream;
}

/** Stands for every model of its kind where inputs are checked: which one is run is the deployment's choice. */
type AnyTextModel = '@cf/meta/llama-3.2-3b-instruct';
type TextInputs = AiModels[AnyTextModel]['inputs'];
type AuraInputs = AiModels['@cf/deepgram/aura-2-en']['inputs'];

/** Nobody is dialled by this name: the binding gives the socket. */
const NO_URL = 'https://workers-ai.invalid/';

/** Workers AI behind a binding. */
export function platformAi(ai: Ai, surroundings: SocketSurroundings): WorkersAi {
  return {
    listen: (listening, listener) =>
      dialOut({ url: NO_URL }, listener, {
        ...surroundings,
        fetch: (_url, { signal }) => openSocket(ai, listening, signal ?? null),
      }),
    write: (model, { messages, tools, ...inputs }, listener) => {
      const asked: TextInputs & { stream: true } = {
        ...inputs,
        messages: [...messages],
        ...(tools === undefined ? {} : { tools: [...tools] }),
        stream: true,
      };
      return new RunningModel(
        (signal) => ai.run(model as AnyTextModel, asked, { signal }),
        listener,
        surroundings,
      );
    },
    speak: (model, { speaker, ...inputs }, listener) => {
      const asked: AuraInputs = {
        ...inputs,
        ...(speaker === undefined
          ? {}
          : { speaker: speaker as NonNullable<AuraInputs['speaker']> }),
      };
      return new RunningModel(
        async (signal) =>
          bodyOf(
            await ai.run(model as '@cf/deepgram/aura-2-en', asked, {
              returnRawResponse: true,
              signal,
            }),
          ),
        listener,
        surroundings,
      );
    },
  };
}

function openSocket(
  ai: Ai,
  { model, inputs }: Listening,
  signal: AbortSignal | null,
): Promise<Response> {
  const options = { websocket: true, ...(signal === null ? {} : { signal }) } as const;
  if (model === '@cf/deepgram/flux') return ai.run(model, inputs, options);
  // The types know this model's inputs for recordings only, with the audio among them; a socket takes the parameters of a query.
  const parameters: unknown = inputs;
  return ai.run(model, parameters as AiModels['@cf/deepgram/nova-3']['inputs'], options);
}

async function bodyOf(response: Response): Promise<ReadableStream> {
  if (response.ok && response.body !== null) return response.body;
  await response.body?.cancel();
  throw new Error(`The model answered with status ${response.status}.`);
}

class RunningModel implements AiStream {
  readonly #listener: StreamListener;
  readonly #surroundings: Pick<SocketSurroundings, 'inEvent' | 'gone'>;
  readonly #abort = new AbortController();
  readonly #abandon = (): void => this.cancel();
  #isOver = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;

  constructor(
    run: (signal: AbortSignal) => Promise<ReadableStream>,
    listener: StreamListener,
    surroundings: Pick<SocketSurroundings, 'inEvent' | 'gone'>,
  ) {
    this.#listener = listener;
    this.#surroundings = surroundings;
    surroundings.gone.addEventListener('abort', this.#abandon);
    this.#read(run).then(
      () => this.#end((nowMs) => this.#listener.ended(nowMs)),
      () => this.#end((nowMs) => this.#listener.failed(nowMs)),
    );
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#surroundings.gone.removeEventListener('abort', this.#abandon);
    this.#abort.abort();
    this.#drop();
  }

  async #read(run: (signal: AbortSignal) => Promise<ReadableStream>): Promise<void> {
    const stream: ReadableStream<Uint8Array> = await run(this.#abort.signal);
    const reader = stream.getReader();
    this.#reader = reader;
    if (this.#isOver) this.#drop();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#isOver) return;
      this.#surroundings.inEvent((nowMs) => {
        if (!this.#isOver) this.#listener.chunk(value, nowMs);
      });
    }
  }

  #end(tell: (nowMs: number) => void): void {
    if (this.#isOver) return;
    this.#surroundings.gone.removeEventListener('abort', this.#abandon);
    this.#surroundings.inEvent((nowMs) => {
      if (this.#isOver) return;
      this.#isOver = true;
      tell(nowMs);
    });
  }

  #drop(): void {
    // A stream that has failed already has nothing to cancel.
    this.#reader?.cancel().catch(() => {});
  }
}
