// A backend of isochron-agent.v1 (docs/agents/websocket.md) that answers each turn, and objects to whatever it is told twice, or not at all.

import * as v from 'valibot';
import type { FakeConnection, FakeLine } from '../ws-server.ts';
import {
  type NumberedServiceMessage,
  SERVICE_MESSAGE,
  type ServiceMessage,
} from './backend-schema.ts';

export interface FakeBackendOptions {
  /** From the end of a turn to the first audio. */
  readonly thinkMs: number;
  readonly answerMs: number;
  /** Rate of its answers. */
  readonly rateHz: number;
  /** Audio given at once, and how long until the next: faster than real time unless they are equal. */
  readonly burstMs: number;
  readonly burstEveryMs: number;
  /** `silent`: never ready. `deaf`: never acknowledges. `malformed`: answers with what is no message. */
  readonly mode: 'good' | 'silent' | 'deaf' | 'malformed';
  /** Breaks its connection when so much of an answer was given, once for each answer. */
  readonly diesAfterMs: number;
  /** Has no memory of connections before this one. */
  readonly forgets: boolean;
  /** Calls a tool, which takes so long, before it answers; 0 for none. */
  readonly toolMs: number;
}

const DEFAULTS: FakeBackendOptions = {
  thinkMs: 50,
  answerMs: 2000,
  rateHz: 16_000,
  burstMs: 200,
  burstEveryMs: 50,
  mode: 'good',
  diesAfterMs: Number.POSITIVE_INFINITY,
  forgets: false,
  toolMs: 0,
};

/** Pieces of audio that are acknowledged together. */
const ACKNOWLEDGED_PIECES = 25;

/** An answer under way; `givenSamples` is what this backend believes to have come through. */
interface Answer {
  readonly name: string;
  givenSamples: number;
  nextMs: number;
  hasBegun: boolean;
  hasDied: boolean;
  hasCalledTool: boolean;
}

/** What it remembers over its connections, which is what a conversation is told in all. */
export class FakeBackend {
  readonly options: FakeBackendOptions;
  readonly violations: string[] = [];
  readonly starts: Extract<ServiceMessage, { type: 'start' }>[] = [];
  readonly messages: NumberedServiceMessage[] = [];
  readonly gaps: Extract<ServiceMessage, { type: 'gap' }>[] = [];
  readonly closes: string[] = [];
  /** Caller samples that came. */
  audioSamples = 0;
  /** First and last sample of every piece of audio, in the order that it came; null to keep none. */
  pieces: { fromSample: number; samples: Int16Array }[] | null = [];
  after = 0;
  audioTo = 0;
  answer: Answer | null = null;
  current: BackendConnection | null = null;
  connections = 0;

  constructor(options: Partial<FakeBackendOptions> = {}) {
    this.options = { ...DEFAULTS, ...options };
  }

  connect(line: FakeLine, nowMs: number): FakeConnection {
    this.connections++;
    this.current = new BackendConnection(this, line, nowMs);
    return this.current;
  }

  /** Messages of one type. */
  told<Type extends ServiceMessage['type']>(type: Type): Extract<ServiceMessage, { type: Type }>[] {
    return this.messages.filter((message) => message.type === type) as never;
  }

  object(sentence: string): void {
    this.violations.push(sentence);
  }
}

/** Samples of an answer, another one for each name. */
export function answerSamples(name: string, fromSample: number, toSample: number): Int16Array {
  const samples = new Int16Array(toSample - fromSample);
  const seed = [...name].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7);
  for (let index = 0; index < samples.length; index++) {
    const mixed = Math.imul((fromSample + index) ^ seed, 0x9e37_79b1);
    samples[index] = (Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) >>> 18) - 8192;
  }
  return samples;
}

class BackendConnection implements FakeConnection {
  readonly #backend: FakeBackend;
  readonly #line: FakeLine;
  #isStarted = false;
  #pieces = 0;

  constructor(backend: FakeBackend, line: FakeLine, _nowMs: number) {
    this.#backend = backend;
    this.#line = line;
    if (!line.headers['isochron-conversation'] && line.headers['host'] !== undefined) {
      backend.object('The conversation is not named.');
    }
  }

  get nextDeadlineMs(): number {
    const { answer, current } = this.#backend;
    return current === this && this.#isStarted ? (answer?.nextMs ?? Infinity) : Infinity;
  }

  receive(data: string | Uint8Array, nowMs: number): void {
    if (typeof data !== 'string') return this.#takeAudio(data);
    const message = v.safeParse(SERVICE_MESSAGE, JSON.parse(data));
    if (!message.success) return this.#backend.object(`Not a message: ${data}`);
    this.#take(message.output, nowMs);
  }

  tick(nowMs: number): void {
    const { answer, options } = this.#backend;
    if (answer === null || nowMs < answer.nextMs) return;
    if (options.toolMs > 0 && !answer.hasCalledTool) {
      answer.hasCalledTool = true;
      answer.nextMs = nowMs + options.toolMs;
      return this.say({ type: 'tool', name: 'look_up', state: 'called' });
    }
    if (options.toolMs > 0 && !answer.hasBegun) {
      this.say({ type: 'tool', name: 'look_up', state: 'answered' });
    }
    this.#give(answer, nowMs);
  }

  say(message: object): void {
    this.#line.send(JSON.stringify(message));
  }

  cut(): void {
    this.#line.cut();
  }

  #take(message: ServiceMessage, nowMs: number): void {
    if (message.type === 'start') return this.#start(message, nowMs);
    if (!this.#isStarted) this.#backend.object(`"${message.type}" came before "ready".`);
    if (message.type === 'close') this.#backend.closes.push(message.reason);
    else if (message.type === 'gap') this.#backend.gaps.push(message);
    else this.#takeNumbered(message, nowMs);
  }

  #start(message: Extract<ServiceMessage, { type: 'start' }>, nowMs: number): void {
    const { options } = this.#backend;
    this.#backend.starts.push(message);
    if (options.mode === 'silent') return;
    if (options.mode === 'malformed') return this.#line.send('{"type":"ready","after":"all"}');
    this.#isStarted = true;
    const { answer } = this.#backend;
    const come = message.utterances.find(({ utterance }) => utterance === answer?.name);
    const goesOn = answer !== null && come?.isOpen === true;
    if (answer !== null && come?.isOpen !== false) {
      answer.givenSamples = come?.receivedSamples ?? 0;
      answer.hasBegun = false;
      answer.nextMs = nowMs;
    }
    const { after, audioTo } = this.#backend;
    const known = options.forgets ? {} : { after, audioTo };
    this.say({ type: 'ready', ...known, ...(goesOn ? { utterance: answer.name } : {}) });
    if (options.forgets) this.#backend.audioTo = 0;
  }

  #takeNumbered(message: NumberedServiceMessage, nowMs: number): void {
    const backend = this.#backend;
    const { number } = message;
    if (backend.options.forgets && number <= backend.after) return;
    if (number !== backend.after + 1) {
      backend.object(`Message ${number} came after ${backend.after}.`);
    }
    backend.after = number;
    backend.messages.push(message);
    this.#acknowledge();
    const isSettled = message.type === 'interrupted' || message.type === 'completed';
    if (isSettled && backend.answer?.name === message.utterance) backend.answer = null;
    const asks = (message.type === 'turn' && message.state === 'ended') || message.type === 'text';
    if (!asks) return;
    const name = `answer-${number}`;
    const nextMs = nowMs + backend.options.thinkMs;
    backend.answer = {
      name,
      givenSamples: 0,
      nextMs,
      hasBegun: false,
      hasDied: false,
      hasCalledTool: false,
    };
  }

  #takeAudio(bytes: Uint8Array): void {
    const backend = this.#backend;
    if (!this.#isStarted) backend.object('Audio came before "ready".');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const fromSample = view.getUint32(0, true);
    const samples = new Int16Array((bytes.length - 4) / 2);
    for (let index = 0; index < samples.length; index++) {
      samples[index] = view.getInt16(4 + 2 * index, true);
    }
    if (samples.length === 0) backend.object('A piece of audio is empty.');
    if (fromSample < backend.audioTo) {
      backend.object(`Audio at ${fromSample} came after ${backend.audioTo}.`);
    }
    backend.audioTo = fromSample + samples.length;
    backend.audioSamples += samples.length;
    backend.pieces?.push({ fromSample, samples });
    if (++this.#pieces % ACKNOWLEDGED_PIECES === 0) this.#acknowledge();
  }

  #acknowledge(): void {
    const { after, audioTo, options } = this.#backend;
    if (options.mode !== 'deaf') this.say({ type: 'ack', after, audioTo });
  }

  #give(answer: Answer, nowMs: number): void {
    const { options } = this.#backend;
    const perMs = options.rateHz / 1000;
    if (!answer.hasBegun) {
      answer.hasBegun = true;
      this.say({ type: 'begin', utterance: answer.name, rateHz: options.rateHz });
      this.say({ type: 'transcript', text: answer.name });
    }
    const toSample = Math.min(
      options.answerMs * perMs,
      answer.givenSamples + options.burstMs * perMs,
    );
    const samples = answerSamples(answer.name, answer.givenSamples, toSample);
    this.#line.send(new Uint8Array(samples.buffer));
    answer.givenSamples = toSample;
    answer.nextMs = nowMs + options.burstEveryMs;
    if (!answer.hasDied && toSample >= options.diesAfterMs * perMs) {
      answer.hasDied = true;
      return this.#line.cut();
    }
    if (toSample < options.answerMs * perMs) return;
    this.say({ type: 'end' });
    // Kept until it was heard, because it may have to be given again.
    answer.nextMs = Infinity;
  }
}
