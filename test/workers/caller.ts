// A client of the service for tests: says what it is told to say, and keeps what it hears.

import {
  type ClientMessage,
  type Hello,
  parseServerMessage,
  type ServerMessage,
  SUBPROTOCOL,
} from '../../core/wire/messages.ts';
import { HEADER_BYTES, PacketHeader, readHeader, writeHeader } from '../../core/wire/packet.ts';
import { ask, type Created, SECURED, type Variables } from './service.ts';

type Message<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** How a socket was closed. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Samples of one frame: 20 ms at 16 kHz. */
export const FRAME_SAMPLES = 320;

const HELLO: Hello = {
  type: 'hello',
  version: 1,
  stream: 7,
  uplink: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
  downlink: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
  canHold: true,
};

/** Opens the socket of a conversation; the answer is what the service gave. */
export function upgrade(
  path: string,
  subprotocols: readonly string[],
  headers: Readonly<Record<string, string>> = {},
  variables: Variables = SECURED,
): Promise<Response> {
  return ask('GET', path, {
    headers: {
      Upgrade: 'websocket',
      'Sec-WebSocket-Protocol': subprotocols.join(', '),
      ...headers,
    },
    variables,
  });
}

export class Caller {
  /** Every message so far, in order. */
  readonly messages: ServerMessage[] = [];
  /** Content of the audio so far, in order of arrival. */
  readonly heard: number[] = [];
  readonly closed: Promise<Closed>;
  /** The samples of a packet; of PCM16, unless something else is put here. */
  samplesOf: (packet: Uint8Array) => Int16Array = (packet) =>
    new Int16Array(packet.slice(HEADER_BYTES).buffer);
  /** Called for every packet that comes. */
  onAudio: () => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #taken = new Map<string, number>();
  #wake: () => void = () => undefined;
  #takeRaw: ((text: string) => void) | null = null;
  #isClosed = false;

  constructor(response: Response) {
    if (response.webSocket === null) throw new Error(`The socket was refused: ${response.status}.`);
    this.#socket = response.webSocket;
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('message', ({ data }) =>
      this.#receive(data as string | ArrayBuffer),
    );
    this.closed = new Promise((resolve) => {
      this.#socket.addEventListener('close', ({ code, reason }) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason });
      });
    });
    this.#socket.accept();
  }

  /** Connects to a conversation with its token, or with another one. */
  static async connect({
    conversation,
    token,
  }: Pick<Created, 'conversation' | 'token'>): Promise<Caller> {
    const path = `/v1/conversations/${conversation}/socket`;
    return new Caller(await upgrade(path, [SUBPROTOCOL, `bearer.${token}`]));
  }

  /** Connects and says hello; returns once it was welcomed. */
  static async greeted(created: Pick<Created, 'conversation' | 'token'>): Promise<Caller> {
    const caller = await Caller.connect(created);
    caller.hello();
    await caller.next('welcome');
    return caller;
  }

  hello(changes: Partial<Hello> = {}): void {
    this.send({ ...HELLO, ...changes });
  }

  send(message: ClientMessage): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(message: string | Uint8Array): void {
    this.#socket.send(message);
  }

  /** Sends frames [from, from + count) of a stream in which each sample of frame n is `sampleOf(n)`. */
  sendFrames(
    from: number,
    count: number,
    sampleOf: (frame: number) => number = (frame) => frame,
  ): void {
    for (let frame = from; frame < from + count; frame += 1) {
      this.sendRaw(packetOf(frame, new Int16Array(FRAME_SAMPLES).fill(sampleOf(frame))));
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** The next message of a type that no call has returned or stepped over; other types wait for calls of their own. */
  async next<Type extends ServerMessage['type']>(
    type: Type,
    matches: (message: Message<Type>) => boolean = () => true,
  ): Promise<Message<Type>> {
    for (;;) {
      const messages = this.all(type);
      let taken = this.#taken.get(type) ?? 0;
      while (taken < messages.length) {
        const message = messages[taken]!;
        taken += 1;
        this.#taken.set(type, taken);
        if (matches(message)) return message;
      }
      if (this.#isClosed) throw new Error(`The socket closed before "${type}" came.`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next text, whatever it is; kept apart from the messages. */
  nextRaw(): Promise<string> {
    return new Promise((resolve) => {
      this.#takeRaw = resolve;
    });
  }

  all<Type extends ServerMessage['type']>(type: Type): Message<Type>[] {
    return this.messages.filter((message) => message.type === type) as Message<Type>[];
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data === 'string') this.#receiveText(data);
    else this.#receivePacket(new Uint8Array(data));
    this.#wake();
  }

  #receiveText(text: string): void {
    if (this.#takeRaw !== null) {
      this.#takeRaw(text);
      this.#takeRaw = null;
      return;
    }
    const parsed = parseServerMessage(text);
    if (parsed.kind !== 'message') throw new Error(`The service sent what it must not: ${text}`);
    this.messages.push(parsed.message);
  }

  #receivePacket(bytes: Uint8Array): void {
    const header = new PacketHeader();
    if (readHeader(bytes, header) !== 'ok') throw new Error('The service sent a broken packet.');
    for (const sample of this.samplesOf(bytes)) this.heard.push(sample);
    this.onAudio();
  }
}

/** One packet of the uplink. */
export function packetOf(sequence: number, samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + samples.byteLength);
  const header = new PacketHeader();
  header.sequence = sequence;
  header.timestamp = sequence * FRAME_SAMPLES;
  writeHeader(bytes, header);
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), HEADER_BYTES);
  return bytes;
}
