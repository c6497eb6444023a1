// One response of the fake: its events in the order of the API reference, its audio faster than real time.

import type { FakeItem } from './fake-item.ts';
import type { FakeAnswer, FakeOptions } from './fake-options.ts';
import { FAKE_RATE_HZ, WORD_SAMPLES, wordSound, wordText } from './watermark.ts';

export type SendFake = (event: {
  readonly type: string;
  readonly [field: string]: unknown;
}) => void;

export interface ResponsePorts {
  readonly options: FakeOptions;
  readonly send: SendFake;
  readonly nextId: (prefix: string) => string;
  /** An item joins the conversation. */
  readonly add: (item: FakeItem) => void;
  /** So many samples have been given; true when the session dies of it. */
  readonly gave: (samples: number) => boolean;
}

/** A step of a response, and how long it takes to make. */
interface Step {
  readonly afterMs: number;
  readonly isAudio: boolean;
  readonly run: () => void;
}

/** Steps are taken by `tick`; what was sent stays sent. */
export class FakeResponse {
  readonly id: string;
  readonly #ports: ResponsePorts;
  readonly #answer: FakeAnswer;
  readonly #output: FakeItem[] = [];
  #steps: Step[] = [];
  #dueMs: number;
  #open: { readonly item: FakeItem; readonly index: number; text: string } | null = null;

  constructor(ports: ResponsePorts, answer: FakeAnswer, nowMs: number) {
    this.#ports = ports;
    this.#answer = answer;
    this.id = ports.nextId('resp');
    this.#dueMs = nowMs + (ports.options.firstAudioMs ?? 120);
    ports.send({
      type: 'response.created',
      response: { id: this.id, object: 'realtime.response', status: 'in_progress', output: [] },
    });
    this.#plan();
  }

  get nextDeadlineMs(): number {
    return this.#steps.length === 0 ? Number.POSITIVE_INFINITY : this.#dueMs;
  }

  /** Takes the steps that are due; true when the response is over. */
  tick(nowMs: number): boolean {
    while (this.#steps.length > 0 && nowMs >= this.#dueMs) this.#step();
    return this.#steps.length === 0;
  }

  /** It stops where it is, after what was on its way. */
  cancel(reason: 'client_cancelled' | 'turn_detected'): void {
    let late = this.#ports.options.lateDeltas ?? 0;
    while (late > 0 && this.#steps.length > 0) {
      if (this.#steps[0]!.isAudio) late--;
      this.#step();
    }
    if (this.#open !== null) {
      this.#open.item.isCalledOff = true;
      this.#endItem('incomplete');
    }
    this.#steps = [];
    this.#done('cancelled', { type: 'cancelled', reason });
  }

  #step(): void {
    const step = this.#steps.shift()!;
    this.#dueMs += step.afterMs;
    step.run();
  }

  #plan(): void {
    const { options } = this.#ports;
    const deltaSamples = ((options.deltaMs ?? 120) * FAKE_RATE_HZ) / 1000;
    const { messages, call } = this.#answer;
    for (const [index, words] of messages.entries()) {
      this.#later(() => this.#beginItem(index));
      for (const number of words) this.#planWord(number, deltaSamples);
      this.#later(() => this.#endItem('completed'));
    }
    if (call !== undefined) this.#later(() => this.#call(messages.length, call.name, call.args));
    this.#later(() => this.#done('completed', { type: 'completed' }));
  }

  #planWord(number: number, deltaSamples: number): void {
    this.#later(() => this.#words(wordText(number)));
    const sound = wordSound(number);
    for (let from = 0; from < WORD_SAMPLES; from += deltaSamples) {
      const part = sound.subarray(from, from + deltaSamples);
      const spokenMs = (part.length * 1000) / FAKE_RATE_HZ;
      const afterMs = spokenMs / (this.#ports.options.speed ?? 4);
      this.#steps.push({ afterMs, isAudio: true, run: () => this.#audio(number, part) });
    }
  }

  #later(run: () => void): void {
    this.#steps.push({ afterMs: 0, isAudio: false, run });
  }

  #beginItem(index: number): void {
    const { add, nextId, send } = this.#ports;
    const item: FakeItem = {
      id: nextId('item'),
      type: 'message',
      role: 'assistant',
      text: '',
      audioSamples: 0,
      words: [],
      heardMs: null,
      callId: null,
      name: null,
    };
    this.#open = { item, index, text: '' };
    this.#output.push(item);
    const facts = { id: item.id, type: 'message', role: 'assistant', status: 'in_progress' };
    send({
      type: 'response.output_item.added',
      response_id: this.id,
      output_index: index,
      item: { ...facts, content: [] },
    });
    add(item);
    send({ type: 'response.content_part.added', ...this.#ids(), part: { type: 'audio' } });
  }

  #words(text: string): void {
    const open = this.#open!;
    const delta = open.text === '' ? text : ` ${text}`;
    open.text += delta;
    open.item.text = open.text;
    this.#ports.send({ type: 'response.output_audio_transcript.delta', ...this.#ids(), delta });
  }

  #audio(number: number, part: Int16Array): void {
    const { item } = this.#open!;
    if (item.words.at(-1) !== number) item.words.push(number);
    item.audioSamples = (item.audioSamples ?? 0) + part.length;
    const delta = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
    this.#ports.send({ type: 'response.output_audio.delta', ...this.#ids(), delta });
    if (this.#ports.gave(part.length)) this.#steps = [];
  }

  #endItem(status: 'completed' | 'incomplete'): void {
    const { item, index, text: transcript } = this.#open!;
    const { send } = this.#ports;
    const ids = this.#ids();
    this.#open = null;
    send({ type: 'response.output_audio.done', ...ids });
    send({ type: 'response.output_audio_transcript.done', ...ids, transcript });
    send({ type: 'response.content_part.done', ...ids, part: { type: 'audio', transcript } });
    const content = [{ type: 'output_audio', transcript }];
    const told = { id: item.id, type: 'message', role: 'assistant', status, content };
    send({
      type: 'response.output_item.done',
      response_id: this.id,
      output_index: index,
      item: told,
    });
    send({ type: 'conversation.item.done', item: told });
  }

  #call(index: number, name: string, args: string): void {
    const { add, nextId, send } = this.#ports;
    const item: FakeItem = {
      id: nextId('item'),
      type: 'function_call',
      role: null,
      text: args,
      audioSamples: null,
      words: [],
      heardMs: null,
      callId: nextId('call'),
      name,
    };
    this.#output.push(item);
    const facts = { id: item.id, type: 'function_call', call_id: item.callId, name };
    const ids = { response_id: this.id, item_id: item.id, output_index: index };
    const place = { response_id: this.id, output_index: index };
    const begun = { ...facts, status: 'in_progress', arguments: '' };
    send({ type: 'response.output_item.added', ...place, item: begun });
    add(item);
    const call = { ...ids, call_id: item.callId };
    send({ type: 'response.function_call_arguments.delta', ...call, delta: args });
    send({ type: 'response.function_call_arguments.done', ...call, name, arguments: args });
    const made = { ...facts, status: 'completed', arguments: args };
    send({ type: 'response.output_item.done', ...place, item: made });
  }

  #done(status: string, details: unknown): void {
    const samples = this.#output.reduce((sum, { audioSamples }) => sum + (audioSamples ?? 0), 0);
    // 20 tokens are a second of the model's speech.
    const audio_tokens = Math.round((samples * 20) / FAKE_RATE_HZ);
    this.#ports.send({
      type: 'response.done',
      response: {
        id: this.id,
        object: 'realtime.response',
        status,
        status_details: details,
        output: this.#output.map(({ id, type }) => ({ id, type })),
        usage: {
          total_tokens: 50 + audio_tokens,
          input_tokens: 50,
          output_tokens: audio_tokens,
          input_token_details: { text_tokens: 20, audio_tokens: 30, cached_tokens: 10 },
          output_token_details: { text_tokens: 0, audio_tokens },
        },
      },
    });
  }

  #ids(): Readonly<Record<string, unknown>> {
    const { item, index } = this.#open!;
    return { response_id: this.id, item_id: item.id, output_index: index, content_index: 0 };
  }
}
