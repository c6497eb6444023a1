// A fake of one session of OpenAI's Realtime API (GA), in virtual time: https://developers.openai.com/api/docs/guides/realtime-conversations

import * as v from 'valibot';
import {
  CLIENT_EVENT,
  type CreatedItem,
  type FakeClientEvent,
  type TurnDetection,
} from './client-schema.ts';
import { countingAnswer } from './counting-model.ts';
import type { FakeItem } from './fake-item.ts';
import type { FakeOptions } from './fake-options.ts';
import { FakeResponse } from './fake-response.ts';
import { type VoiceEdge, VoiceFinder } from './voice-finder.ts';
import { FAKE_RATE_HZ } from './watermark.ts';

type EventOf<Type extends FakeClientEvent['type']> = Extract<FakeClientEvent, { type: Type }>;

/** An hour, and no warning before. */
const SESSION_LIMIT_MS = 60 * 60_000;
/** The service refuses to commit less. */
const LEAST_COMMIT_MS = 100;
/** A cancellation may cross the end of its response on the way. */
const CROSSING_MS = 1000;
/** Messages of audio without speech that are kept. */
const MOST_BUFFERED = 2000;
const SAMPLES_PER_MS = FAKE_RATE_HZ / 1000;

/** A truncation that was taken. */
export interface Truncation {
  readonly item: string;
  readonly audioEndMs: number;
  /** Audio of the item that had been sent by then. */
  readonly sentMs: number;
  readonly atMs: number;
}

/** A request for a response, and what had been said by then. */
export interface Asked {
  readonly atMs: number;
  readonly instructions: string | null;
  readonly items: readonly FakeItem[];
}

/**
 * Sends no event before its first `tick` or `receive`. Everything that the service would refuse is answered with `error`
 * and kept in `violations`, except what may happen to anybody because two messages have crossed.
 */
export class FakeOpenAiRealtime {
  readonly violations: string[] = [];
  readonly items: FakeItem[] = [];
  /** The model's items with audio, also those that were deleted since. */
  readonly everSaid: FakeItem[] = [];
  readonly truncations: Truncation[] = [];
  readonly asked: Asked[] = [];
  /** Types of the events that came, in order. */
  readonly received: string[] = [];
  /** The caller's committed audio, item by item, at 24 kHz. */
  readonly callerAudio: Int16Array[] = [];
  readonly #options: FakeOptions;
  readonly #send: (data: string) => void;
  readonly #close: (code: number, reason: string) => void;
  #startedMs: number | null = null;
  #isOver = false;
  #isSetUp = false;
  #ids = 0;
  #detection: TurnDetection | null = { type: 'server_vad' };
  #finder: VoiceFinder | null = null;
  #voice: string | null = null;
  #hasSpoken = false;
  #isTranscribing = false;
  #response: FakeResponse | null = null;
  #lastDoneMs = Number.NEGATIVE_INFINITY;
  /** Audio that was appended and not committed. */
  #buffer: Int16Array[] = [];
  #speechItem: string | null = null;
  #speechFromMs = 0;
  #givenSamples = 0;
  #later: { readonly atMs: number; readonly run: (nowMs: number) => void }[] = [];

  constructor(
    options: FakeOptions,
    send: (data: string) => void,
    close: (code: number, reason: string) => void,
  ) {
    this.#options = options;
    this.#send = send;
    this.#close = close;
  }

  get startedMs(): number {
    return this.#startedMs ?? Number.POSITIVE_INFINITY;
  }

  /** The session has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get nextDeadlineMs(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    if (this.#startedMs === null) return Number.NEGATIVE_INFINITY;
    const endMs = this.#startedMs + (this.#options.sessionLimitMs ?? SESSION_LIMIT_MS);
    const laterMs = this.#later.map(({ atMs }) => atMs);
    return Math.min(endMs, this.#response?.nextDeadlineMs ?? Number.POSITIVE_INFINITY, ...laterMs);
  }

  tick(nowMs: number): void {
    this.#start(nowMs);
    if (this.#isOver) return;
    const due = this.#later.filter(({ atMs }) => nowMs >= atMs);
    this.#later = this.#later.filter((each) => !due.includes(each));
    for (const { run } of due) run(nowMs);
    if (this.#response?.tick(nowMs) === true) this.#responseOver(nowMs);
    if (nowMs < this.#startedMs! + (this.#options.sessionLimitMs ?? SESSION_LIMIT_MS)) return;
    this.#refuse('session_expired', 'Your session hit the maximum duration of 60 minutes.', null);
    this.#end(1001, 'session expired');
  }

  receive(data: string | Uint8Array, nowMs: number): void {
    this.#start(nowMs);
    if (this.#isOver) return;
    if (typeof data !== 'string') {
      this.#violate('A message is binary; the API takes text.', null);
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      this.#violate('A message is not JSON.', null);
      return;
    }
    const checked = v.safeParse(CLIENT_EVENT, value);
    if (!checked.success) {
      const [issue] = checked.issues;
      const { type, event_id } = value as { type?: unknown; event_id?: string };
      const where = `${String(type)}: ${v.getDotPath(issue) ?? '(event)'}`;
      this.#violate(`${where}: ${issue.message}`, event_id ?? null);
      return;
    }
    this.received.push(checked.output.type);
    this.#take(checked.output, nowMs);
  }

  /** The client is gone. */
  closed(): void {
    this.#isOver = true;
  }

  #take(event: FakeClientEvent, nowMs: number): void {
    switch (event.type) {
      case 'session.update':
        return this.#update(event);
      case 'input_audio_buffer.append':
        return this.#append(event, nowMs);
      case 'input_audio_buffer.commit':
        return this.#commitByClient(event, nowMs);
      case 'input_audio_buffer.clear':
        this.#buffer = [];
        return this.#emit({ type: 'input_audio_buffer.cleared' });
      case 'conversation.item.create':
        return this.#create(event);
      case 'conversation.item.delete':
        return this.#delete(event);
      case 'conversation.item.retrieve':
        return this.#emit({ type: 'conversation.item.retrieved', item: { id: event.item_id } });
      case 'conversation.item.truncate':
        return this.#truncate(event, nowMs);
      case 'response.create':
        return this.#ask(event, nowMs);
      case 'response.cancel':
        return this.#cancel(event, nowMs);
    }
  }

  #start(nowMs: number): void {
    if (this.#startedMs !== null) return;
    this.#startedMs = nowMs;
    this.#emit({
      type: 'session.created',
      session: { id: this.#nextId('sess'), type: 'realtime' },
    });
  }

  #update({ session, event_id }: EventOf<'session.update'>): void {
    const { voice } = session.audio?.output ?? {};
    if (voice !== undefined && this.#hasSpoken && voice !== this.#voice) {
      this.#violate('The voice cannot be changed once the model has spoken.', event_id ?? null);
      return;
    }
    if (voice !== undefined) this.#voice = voice;
    const input = session.audio?.input;
    if (input?.turn_detection !== undefined) {
      this.#detection = input.turn_detection;
      this.#finder = this.#detection === null ? null : new VoiceFinder(this.#detection);
    }
    if (input?.transcription !== undefined) this.#isTranscribing = input.transcription !== null;
    this.#emit({ type: 'session.updated', session });
    this.#isSetUp = true;
  }

  /** Is not acknowledged. */
  #append({ audio }: EventOf<'input_audio_buffer.append'>, nowMs: number): void {
    const bytes = Buffer.from(audio, 'base64');
    const samples = new Int16Array(bytes.length / 2);
    for (let index = 0; index < samples.length; index++) {
      samples[index] = bytes.readInt16LE(2 * index);
    }
    this.#buffer.push(samples);
    if (this.#finder !== null && this.#buffer.length > MOST_BUFFERED) this.#buffer.shift();
    for (const edge of this.#finder?.hear(samples) ?? []) this.#edge(edge, nowMs);
  }

  #edge({ kind, atMs }: VoiceEdge, nowMs: number): void {
    const effects = this.#detection;
    if (kind === 'started') {
      this.#speechItem = this.#nextId('item');
      this.#speechFromMs = atMs;
      const item_id = this.#speechItem;
      this.#emit({ type: 'input_audio_buffer.speech_started', audio_start_ms: atMs, item_id });
      // How much of it was heard is nobody's business here: the client has to say so by itself.
      if (effects?.interrupt_response !== false) this.#stop('turn_detected', nowMs);
      return;
    }
    const item_id = this.#speechItem ?? this.#nextId('item');
    this.#speechItem = null;
    this.#emit({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: atMs, item_id });
    this.#commit(item_id, atMs - this.#speechFromMs, nowMs);
    if (effects?.create_response !== false && this.#response === null) this.#respond(null, nowMs);
  }

  #commitByClient({ event_id }: EventOf<'input_audio_buffer.commit'>, nowMs: number): void {
    const samples = this.#buffer.reduce((sum, { length }) => sum + length, 0);
    const ms = samples / SAMPLES_PER_MS;
    if (ms < LEAST_COMMIT_MS) {
      this.#violate(
        `The buffer is too small: at least ${LEAST_COMMIT_MS} ms of audio, but it has ${ms}.`,
        event_id ?? null,
        'input_audio_buffer_commit_empty',
      );
      return;
    }
    this.#commit(this.#nextId('item'), ms, nowMs);
  }

  /** The last `ms` of the buffer become an item. */
  #commit(item_id: string, ms: number, nowMs: number): void {
    const all = concatenated(this.#buffer);
    const audio = all.subarray(Math.max(0, all.length - Math.round(ms * SAMPLES_PER_MS)));
    this.#buffer = [];
    this.callerAudio.push(audio);
    const previous_item_id = this.items.at(-1)?.id ?? null;
    this.#emit({ type: 'input_audio_buffer.committed', item_id, previous_item_id });
    const item = userItem(item_id, null);
    this.#add(item);
    if (!this.#isTranscribing) return;
    const { transcribe = lengthOf, transcriptionMs = 300 } = this.#options;
    this.#later.push({
      atMs: nowMs + transcriptionMs,
      run: () => {
        item.text = transcribe(audio);
        this.#emit({
          type: 'conversation.item.input_audio_transcription.completed',
          item_id,
          content_index: 0,
          transcript: item.text,
          usage: { type: 'duration', seconds: Math.ceil(audio.length / FAKE_RATE_HZ) },
        });
      },
    });
  }

  #create({ item, previous_item_id, event_id }: EventOf<'conversation.item.create'>): void {
    const id = item.id ?? this.#nextId('item');
    const blame = event_id ?? null;
    if (this.#find(id) !== undefined) return this.#violate(`There is an item "${id}".`, blame);
    if (item.type === 'function_call_output' && !this.#hasCall(item.call_id)) {
      return this.#violate(`No call "${item.call_id}" is known.`, blame);
    }
    let at = this.items.length;
    if (previous_item_id === 'root') at = 0;
    else if (previous_item_id != null) {
      at = this.items.findIndex((each) => each.id === previous_item_id) + 1;
      if (at === 0) return this.#violate(`No item "${previous_item_id}" is known.`, blame);
    }
    this.#add(fromClient(item, id), at);
  }

  #delete({ item_id, event_id }: EventOf<'conversation.item.delete'>): void {
    const item = this.#find(item_id);
    if (item === undefined) {
      return this.#violate(`No item "${item_id}" is known.`, event_id ?? null);
    }
    this.items.splice(this.items.indexOf(item), 1);
    this.#emit({ type: 'conversation.item.deleted', item_id });
  }

  #truncate(event: EventOf<'conversation.item.truncate'>, nowMs: number): void {
    const { item_id, audio_end_ms, event_id } = event;
    const blame = event_id ?? null;
    const item = this.#find(item_id);
    if (item === undefined) return this.#violate(`No item "${item_id}" is known.`, blame);
    if (item.audioSamples === null) {
      return this.#violate(`The item "${item_id}" has no audio to truncate.`, blame);
    }
    const sentMs = item.audioSamples / SAMPLES_PER_MS;
    if (audio_end_ms > sentMs) {
      const sentence = `Audio content of ${sentMs} ms is already shorter than ${audio_end_ms} ms`;
      return this.#violate(sentence, blame, 'invalid_value');
    }
    item.text = null;
    item.heardMs = audio_end_ms;
    this.truncations.push({ item: item_id, audioEndMs: audio_end_ms, sentMs, atMs: nowMs });
    this.#emit({
      type: 'conversation.item.truncated',
      item_id,
      content_index: 0,
      audio_end_ms,
    });
  }

  #ask({ response, event_id }: EventOf<'response.create'>, nowMs: number): void {
    if (this.#response !== null) {
      const code = 'conversation_already_has_active_response';
      return this.#violate('A response is in progress.', event_id ?? null, code);
    }
    const { failsWith } = this.#options;
    this.#respond(response?.instructions ?? null, nowMs, failsWith);
  }

  #respond(instructions: string | null, nowMs: number, failsWith?: string): void {
    this.asked.push({ atMs: nowMs, instructions, items: this.items.map((item) => ({ ...item })) });
    const { mode, answer = countingAnswer } = this.#options;
    if (mode === 'silent') return;
    const turn = this.items.filter(({ role }) => role === 'user').length;
    if (failsWith !== undefined) return this.#fail(failsWith);
    this.#response = new FakeResponse(
      {
        options: this.#options,
        send: (event) => this.#emit(event),
        nextId: (prefix) => this.#nextId(prefix),
        add: (item) => this.#add(item),
        gave: (samples) => this.#gave(samples),
      },
      answer({ items: this.items, turn, instructions }),
      nowMs,
    );
  }

  #fail(code: string): void {
    const id = this.#nextId('resp');
    this.#emit({ type: 'response.created', response: { id, status: 'in_progress', output: [] } });
    const error = { type: 'server_error', code };
    const details = { type: 'failed', error };
    const response = { id, status: 'failed', status_details: details, output: [], usage: null };
    this.#emit({ type: 'response.done', response });
  }

  #cancel({ response_id, event_id }: EventOf<'response.cancel'>, nowMs: number): void {
    const isActive =
      this.#response !== null && (response_id ?? this.#response.id) === this.#response.id;
    if (isActive) return this.#stop('client_cancelled', nowMs);
    const code = 'response_cancel_not_active';
    const sentence = 'Cancellation failed: no active response found';
    if (nowMs - this.#lastDoneMs > CROSSING_MS) this.violations.push(sentence);
    this.#refuse(code, sentence, event_id ?? null);
  }

  #stop(reason: 'client_cancelled' | 'turn_detected', nowMs: number): void {
    if (this.#response === null) return;
    this.#response.cancel(reason);
    this.#responseOver(nowMs);
  }

  #responseOver(nowMs: number): void {
    this.#response = null;
    this.#lastDoneMs = nowMs;
  }

  /** Whether the session dies of having given so much. */
  #gave(samples: number): boolean {
    this.#hasSpoken = true;
    this.#givenSamples += samples;
    const { diesAfterAudioMs = Number.POSITIVE_INFINITY, cut } = this.#options;
    if (this.#givenSamples < diesAfterAudioMs * SAMPLES_PER_MS) return false;
    this.#isOver = true;
    if (cut === undefined) this.#close(1006, '');
    else cut();
    return true;
  }

  #add(item: FakeItem, at = this.items.length): void {
    const previous_item_id = this.items[at - 1]?.id ?? null;
    this.items.splice(at, 0, item);
    if (item.audioSamples !== null) this.everSaid.push(item);
    const told = {
      id: item.id,
      type: item.type,
      ...(item.role === null ? {} : { role: item.role }),
    };
    this.#emit({ type: 'conversation.item.added', previous_item_id, item: told });
    if (item.role !== 'assistant' || item.audioSamples === null) {
      this.#emit({ type: 'conversation.item.done', previous_item_id, item: told });
    }
  }

  #find(id: string): FakeItem | undefined {
    return this.items.find((item) => item.id === id);
  }

  #hasCall(callId: string): boolean {
    return this.items.some((item) => item.type === 'function_call' && item.callId === callId);
  }

  #nextId(prefix: string): string {
    return `${prefix}_${++this.#ids}`;
  }

  #violate(sentence: string, blamed: string | null, code = 'invalid_request'): void {
    this.violations.push(sentence);
    this.#refuse(code, sentence, blamed);
  }

  #refuse(code: string, message: string, blamed: string | null): void {
    const error = { type: 'invalid_request_error', code, message, param: null, event_id: blamed };
    this.#emit({ type: 'error', error });
  }

  #end(code: number, reason: string): void {
    this.#isOver = true;
    this.#close(code, reason);
  }

  #emit(event: { readonly type: string; readonly [field: string]: unknown }): void {
    if (this.#isOver) return;
    const { mode } = this.#options;
    const isSettingUp = event.type.startsWith('session.') || !this.#isSetUp;
    if (mode === 'malformed' && !isSettingUp) {
      this.#send(this.#ids % 2 === 0 ? '{"type":' : JSON.stringify({ type: event.type }));
      this.#ids++;
      return;
    }
    this.#send(JSON.stringify({ event_id: this.#nextId('event'), ...event }));
  }
}

function userItem(id: string, text: string | null): FakeItem {
  return {
    id,
    type: 'message',
    role: 'user',
    text,
    audioSamples: null,
    words: [],
    heardMs: null,
    callId: null,
    name: null,
  };
}

function fromClient(item: CreatedItem, id: string): FakeItem {
  const plain = userItem(id, null);
  switch (item.type) {
    case 'message': {
      const texts = item.content.map((part) => ('text' in part ? part.text : '(audio)'));
      return { ...plain, role: item.role, text: texts.join(' ') };
    }
    case 'function_call': {
      const { call_id: callId = null, name, arguments: text } = item;
      return { ...plain, type: 'function_call', role: null, text, callId, name };
    }
    case 'function_call_output': {
      const { call_id: callId, output: text } = item;
      return { ...plain, type: 'function_call_output', role: null, text, callId };
    }
  }
}

function concatenated(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthOf(samples: Int16Array): string {
  return `said for ${Math.round(samples.length / SAMPLES_PER_MS)} ms`;
}
