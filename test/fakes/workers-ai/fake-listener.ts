// A model that listens: Flux (https://developers.deepgram.com/docs/flux/state) or Nova-3 (https://developers.deepgram.com/docs/live-streaming-audio).

import * as v from 'valibot';
import type { FakeConnection, FakeLine } from '../ws-server.ts';
import type { FakeWorkersAiOptions } from './fake-options.ts';

/** Mean square above which a stretch counts as speech (-30 dBFS). */
const SPEECH_ENERGY = 1000 ** 2;
const STEP_SAMPLES = 320;
const STEP_MS = 20;
/** Of speech, one word. */
const WORD_MS = 250;
const UPDATE_MS = 250;
/** Deepgram closes a socket of Nova's that is silent for so long. */
const SILENT_SOCKET_MS = 10_000;

const FLUX_CONTROL = v.strictObject({ type: v.picklist(['ForceEndTurn', 'CloseStream']) });
const NOVA_CONTROL = v.strictObject({ type: v.picklist(['Finalize', 'KeepAlive', 'CloseStream']) });

const SAMPLE_RATE = v.picklist(['16000']);
const UNIT = (low: number, high: number) =>
  v.pipe(v.string(), v.transform(Number), v.minValue(low), v.maxValue(high));
/** The types of Workers AI say what goes. */
const FLUX_OPTIONS = v.strictObject({
  encoding: v.literal('linear16'),
  sample_rate: SAMPLE_RATE,
  eot_threshold: v.optional(UNIT(0.5, 0.9)),
  eager_eot_threshold: v.optional(UNIT(0.3, 0.9)),
  eot_timeout_ms: v.optional(UNIT(500, 10_000)),
});
const NOVA_OPTIONS = v.strictObject({
  encoding: v.literal('linear16'),
  sample_rate: SAMPLE_RATE,
  language: v.optional(v.string()),
  interim_results: v.optional(v.picklist(['true', 'false'])),
  smart_format: v.optional(v.picklist(['true', 'false'])),
});

export interface ListenerPorts {
  readonly options: FakeWorkersAiOptions;
  readonly violations: string[];
  /** Number of the next turn, over all sockets, counted from 1. */
  readonly nextTurn: () => number;
}

/** A socket of a listening model. It understands `word 1 of turn 3` wherever there is a sound. */
export class FakeListener implements FakeConnection {
  /** Every sample that came. */
  readonly audio: number[] = [];
  /** Turns that it has ended, with their words. */
  readonly ended: string[] = [];
  readonly #ports: ListenerPorts;
  readonly #line: FakeLine;
  readonly #model: 'flux' | 'nova-3';
  #heardSamples = 0;
  #turn = 0;
  #wordMs = 0;
  #silentMs = 0;
  #sinceUpdateMs = 0;
  #isTurnOpen = false;
  #sequence = 0;
  #turnIndex = 0;
  #dueMs = Number.POSITIVE_INFINITY;
  #lastMs: number;
  isClosed = false;

  constructor(ports: ListenerPorts, line: FakeLine, model: 'flux' | 'nova-3', nowMs: number) {
    this.#ports = ports;
    this.#line = line;
    this.#model = model;
    this.#lastMs = nowMs;
    const given = Object.fromEntries(new URLSearchParams(line.path.split('?')[1] ?? ''));
    const checked = v.safeParse(model === 'flux' ? FLUX_OPTIONS : NOVA_OPTIONS, given);
    if (!checked.success) {
      ports.violations.push(`${model}: ${checked.issues[0].message}`);
    }
    if (model === 'flux' && !ports.options.isListenerDeaf) {
      this.#post({ type: 'Connected' });
    }
  }

  get nextDeadlineMs(): number {
    if (this.isClosed) return Number.POSITIVE_INFINITY;
    const isNova = this.#model === 'nova-3';
    return Math.min(this.#dueMs, isNova ? this.#lastMs + SILENT_SOCKET_MS : this.#dueMs);
  }

  receive(data: string | Uint8Array, nowMs: number): void {
    this.#lastMs = nowMs;
    if (typeof data === 'string') this.#control(data, nowMs);
    else this.#listen(data);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#dueMs) {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#end('manual');
    }
    if (this.#model === 'nova-3' && nowMs >= this.#lastMs + SILENT_SOCKET_MS) {
      this.isClosed = true;
      this.#line.close(1011, 'NET-0001');
    }
  }

  closed(): void {
    this.isClosed = true;
  }

  /** Breaks the socket. */
  cut(): void {
    this.isClosed = true;
    this.#line.cut();
  }

  #control(text: string, nowMs: number): void {
    const schema = this.#model === 'flux' ? FLUX_CONTROL : NOVA_CONTROL;
    const control = v.safeParse(schema, JSON.parse(text));
    if (!control.success) {
      this.#ports.violations.push(`${this.#model} does not know ${text}`);
      return;
    }
    const { type } = control.output;
    const { hearMs, forceEndTurn } = this.#ports.options;
    if (type === 'ForceEndTurn' && forceEndTurn === 'refused') {
      this.#post({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE', description: '' });
      this.isClosed = true;
      this.#line.close(1008, '');
      return;
    }
    if (type === 'Finalize' || (type === 'ForceEndTurn' && forceEndTurn === 'known')) {
      // Without a turn there is nothing to end, and no answer.
      if (this.#isTurnOpen) this.#dueMs = nowMs + hearMs;
    }
  }

  #listen(bytes: Uint8Array): void {
    // What waits for its end is over for what comes after.
    if (this.#dueMs !== Number.POSITIVE_INFINITY) {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#end('manual');
    }
    if (bytes.length % 2 === 1) this.#ports.violations.push('Audio came in half samples.');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 1 < bytes.length; at += 2) this.audio.push(view.getInt16(at, true));
    while (this.#heardSamples + STEP_SAMPLES <= this.audio.length) this.#step();
    const { listenerDiesAfterMs } = this.#ports.options;
    if (this.audio.length / 16 > listenerDiesAfterMs) this.cut();
  }

  #step(): void {
    let energy = 0;
    for (let index = 0; index < STEP_SAMPLES; index++) {
      energy += this.audio[this.#heardSamples + index]! ** 2;
    }
    this.#heardSamples += STEP_SAMPLES;
    const isLoud = energy / STEP_SAMPLES > SPEECH_ENERGY;
    if (isLoud && !this.#isTurnOpen) this.#start();
    if (!this.#isTurnOpen) return;
    if (isLoud) this.#wordMs += STEP_MS;
    this.#silentMs = isLoud ? 0 : this.#silentMs + STEP_MS;
    this.#sinceUpdateMs += STEP_MS;
    if (this.#sinceUpdateMs >= UPDATE_MS) this.#update();
    if (this.#model === 'flux' && this.#silentMs >= this.#ports.options.endOfTurnMs) {
      this.#end('model');
    }
  }

  #start(): void {
    this.#isTurnOpen = true;
    this.#turn = this.#ports.nextTurn();
    this.#wordMs = 0;
    this.#silentMs = 0;
    this.#sinceUpdateMs = 0;
    if (this.#model === 'flux') this.#post(this.#turnInfo('StartOfTurn'));
  }

  #update(): void {
    this.#sinceUpdateMs = 0;
    if (this.#model === 'flux') this.#post(this.#turnInfo('Update'));
    else this.#post(this.#results(false, false));
  }

  #end(trigger: 'manual' | 'model'): void {
    this.#isTurnOpen = false;
    this.ended.push(this.#transcript);
    if (this.#model === 'flux') {
      this.#post({ ...this.#turnInfo('EndOfTurn'), trigger });
      this.#turnIndex++;
    } else this.#post(this.#results(true, true));
  }

  get #transcript(): string {
    const words = Math.max(1, Math.round(this.#wordMs / WORD_MS));
    return `Turn ${this.#turn} has ${words} words.`;
  }

  #turnInfo(event: string): Record<string, unknown> {
    return {
      type: 'TurnInfo',
      event,
      turn_index: this.#turnIndex,
      audio_window_start: 0,
      audio_window_end: this.#heardSamples / 16_000,
      transcript: event === 'StartOfTurn' ? '' : this.#transcript,
      words: [],
      end_of_turn_confidence: event === 'EndOfTurn' ? 0.9 : 0.1,
    };
  }

  #results(isFinal: boolean, fromFinalize: boolean): Record<string, unknown> {
    return {
      type: 'Results',
      channel_index: [0, 1],
      duration: 1,
      start: 0,
      is_final: isFinal,
      speech_final: isFinal,
      from_finalize: fromFinalize,
      channel: { alternatives: [{ transcript: this.#transcript, confidence: 0.9, words: [] }] },
    };
  }

  #post(message: Readonly<Record<string, unknown>>): void {
    if (this.#ports.options.isListenerDeaf || this.isClosed) return;
    if (this.#ports.options.isMalformed) this.#line.send('{"event":');
    const envelope = { request_id: 'request-1', sequence_id: this.#sequence++ };
    this.#line.send(JSON.stringify(this.#model === 'flux' ? { ...envelope, ...message } : message));
  }
}
