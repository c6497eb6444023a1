// A model that speaks: Aura over HTTP, https://developers.cloudflare.com/workers-ai/models/aura-2-en/ and https://developers.deepgram.com/docs/tts-media-output-settings.

import * as v from 'valibot';
import type { FakeConnection, FakeLine } from '../ws-server.ts';
import type { FakeWorkersAiOptions } from './fake-options.ts';
import { speechOf } from './watermark.ts';

const INPUTS = v.strictObject({
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(2000)),
  speaker: v.optional(v.picklist(['luna', 'thalia', 'apollo', 'aquila', 'angus', 'asteria'])),
  encoding: v.literal('linear16'),
  container: v.literal('none'),
  sample_rate: v.picklist([8000, 16_000, 24_000, 32_000, 48_000]),
});

export interface SpeakerPorts {
  readonly options: FakeWorkersAiOptions;
  readonly violations: string[];
  readonly nextSentence: () => number;
}

const BURST_MS = 40;
const BYTES_PER_MS = 32;

/** One run: the first message is what is to be said, what it sends is the body of the answer, cut anywhere. */
export class FakeSpeaker implements FakeConnection {
  text = '';
  /** Samples that were sent whole. */
  sentSamples = 0;
  firstByteAtMs: number | null = null;
  cancelledAtMs: number | null = null;
  isOver = false;
  readonly #ports: SpeakerPorts;
  readonly #line: FakeLine;
  #bytes: Uint8Array = new Uint8Array(0);
  #sent = 0;
  #until = 0;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(ports: SpeakerPorts, line: FakeLine) {
    this.#ports = ports;
    this.#line = line;
  }

  get nextDeadlineMs(): number {
    return this.#dueMs;
  }

  receive(data: string | Uint8Array, nowMs: number): void {
    const { options, violations, nextSentence } = this.#ports;
    const checked = v.safeParse(INPUTS, JSON.parse(String(data)));
    if (!checked.success) {
      violations.push(`The voice was asked with: ${checked.issues[0].message}`);
      return this.#end(4400);
    }
    this.text = checked.output.text;
    if (/[*_#`]/.test(this.text)) violations.push(`The voice was given marks: ${this.text}`);
    if (checked.output.sample_rate !== 16_000) violations.push('The rate is not the agent’s.');
    const samples = speechOf(this.text);
    this.#bytes = new Uint8Array(samples.buffer);
    const how = options.brokenSpeech(nextSentence());
    if (how === 'refused') return this.#end(4429);
    this.#until = how === 'broken' ? this.#bytes.length / 2 : this.#bytes.length;
    if (how !== 'silent') this.#dueMs = nowMs + options.firstByteMs;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    this.firstByteAtMs ??= nowMs;
    // Odd on purpose: a body is cut anywhere.
    const burst = Math.round(BURST_MS * BYTES_PER_MS * this.#ports.options.speed) + 1;
    const to = Math.min(this.#until, this.#sent + burst);
    this.#line.send(this.#bytes.slice(this.#sent, to));
    this.#sent = to;
    this.sentSamples = Math.floor(to / 2);
    if (to >= this.#until) this.#end(this.#until < this.#bytes.length ? 4500 : 1000);
    else this.#dueMs = nowMs + BURST_MS;
  }

  closed(_code: number, nowMs: number): void {
    if (!this.isOver) this.cancelledAtMs = nowMs;
    this.isOver = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #end(code: number): void {
    this.isOver = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#line.close(code, '');
  }
}
