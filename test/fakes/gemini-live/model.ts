// The model behind a connection: takes in what the caller says and types, answers, calls tools, and can be interrupted.

import { decodeBase64 } from '../../../durable-objects/agents/vendor/base64.ts';
import { Answer } from './answer.ts';
import type {
  ClientContent,
  ClientMessage,
  FakeSetup,
  RealtimeInput,
  ToolResponse,
} from './client-schema.ts';
import { bytesOf, samplesOf } from './pcm.ts';
import type { GeminiService, ModelLine } from './service-ports.ts';
import type { GeminiSession } from './session.ts';
import { VoiceFinder } from './voice-finder.ts';
import { SPEECH_RATE_HZ } from './watermark.ts';

export interface ModelParts {
  readonly service: GeminiService;
  readonly connection: ModelLine;
  readonly session: GeminiSession;
  readonly setup: FakeSetup;
}

type Doing =
  | { readonly kind: 'listening' }
  | { readonly kind: 'answering'; readonly answer: Answer }
  | { readonly kind: 'awaiting-tool'; readonly callId: string };

const LISTENING: Doing = { kind: 'listening' };

/** Tokens of a second of audio, as the documents give them. */
const TOKENS_PER_SECOND = 25;

export class Model {
  readonly #parts: ModelParts;
  readonly #isManual: boolean;
  readonly #voice: VoiceFinder;
  readonly #cancelled = new Set<string>();
  #doing: Doing = LISTENING;
  #isActive = false;
  #malformedOwed: boolean;
  /** The history comes first, and is not answered. */
  #awaitsHistory: boolean;

  constructor(parts: ModelParts) {
    this.#parts = parts;
    const detection = parts.setup.realtimeInputConfig?.automaticActivityDetection;
    this.#isManual = detection?.disabled === true;
    this.#voice = new VoiceFinder({
      prefixPaddingMs: detection?.prefixPaddingMs ?? 20,
      silenceDurationMs: detection?.silenceDurationMs ?? 500,
    });
    this.#malformedOwed = parts.service.options.isMalformed;
    this.#awaitsHistory = parts.setup.historyConfig?.initialHistoryInClientContent === true;
    // Resumed in the middle of a turn, it goes on listening to it.
    const edges = parts.session.taken.filter(({ kind }) => kind.startsWith('activity'));
    this.#isActive = edges.at(-1)?.kind === 'activity-start';
  }

  /** It generates, or waits for a tool: nothing can be resumed from here. */
  get isBusy(): boolean {
    return this.#doing.kind !== 'listening';
  }

  get nextDeadlineMs(): number {
    const doing = this.#doing;
    return doing.kind === 'answering' ? doing.answer.nextDeadlineMs : Number.POSITIVE_INFINITY;
  }

  /** Takes a message in; returns what is wrong with it, null for nothing. */
  take(message: Exclude<ClientMessage, { setup: FakeSetup }>, nowMs: number): string | null {
    if (this.#awaitsHistory && !('clientContent' in message)) return 'The history is awaited.';
    if ('realtimeInput' in message) return this.#takeRealtime(message.realtimeInput, nowMs);
    if ('clientContent' in message) return this.#takeContent(message.clientContent, nowMs);
    return this.#takeToolResponse(message.toolResponse, nowMs);
  }

  tick(_nowMs: number): void {
    if (this.#doing.kind !== 'answering') return;
    const { answer } = this.#doing;
    const { connection } = this.#parts;
    const step = answer.next();
    switch (step.kind) {
      case 'audio':
        return this.#postAudio(step.samples);
      case 'generated':
        return connection.post({ serverContent: { generationComplete: true } });
      default:
        this.#complete();
    }
  }

  #takeRealtime(input: RealtimeInput, nowMs: number): string | null {
    if ('audio' in input) return this.#takeAudio(decodeBase64(input.audio.data), nowMs);
    if ('text' in input) {
      this.#parts.session.taken.push({ kind: 'text', text: input.text });
      // Inside an activity it belongs to the turn; otherwise it is one.
      if (!this.#isActive) this.#react(nowMs);
      return null;
    }
    if ('audioStreamEnd' in input) {
      if (this.#isManual) return 'audioStreamEnd with activity detection turned off.';
      if (this.#voice.finish() === 'end') this.#endActivity(nowMs);
      return null;
    }
    if (!this.#isManual) return 'An activity signal while activity is detected automatically.';
    if ('activityStart' in input) {
      if (this.#isActive) return 'activityStart inside an activity.';
      this.#startActivity();
      return null;
    }
    if (!this.#isActive) return 'activityEnd outside an activity.';
    this.#endActivity(nowMs);
    return null;
  }

  #takeAudio(bytes: Uint8Array | null, nowMs: number): string | null {
    if (bytes === null || bytes.length % 2 === 1) return 'Half a sample.';
    const samples = samplesOf(bytes);
    const edge = this.#isManual ? 'nothing' : this.#voice.take(samples);
    if (edge === 'start') this.#startActivity();
    this.#parts.session.taken.push({ kind: 'audio', samples });
    if (edge === 'end') this.#endActivity(nowMs);
    return null;
  }

  #takeContent({ turns, turnComplete }: ClientContent, nowMs: number): string | null {
    const text = (turns ?? []).flatMap(({ parts }) => parts.map((part) => part.text)).join('\n');
    this.#parts.session.taken.push({ kind: 'content', text, turnComplete: turnComplete === true });
    if (turnComplete !== true) return null;
    if (this.#awaitsHistory) this.#awaitsHistory = false;
    else {
      this.#interrupt();
      this.#react(nowMs);
    }
    return null;
  }

  #takeToolResponse({ functionResponses }: ToolResponse, nowMs: number): string | null {
    for (const { id, response } of functionResponses) {
      if (this.#cancelled.has(id)) return `The call ${id} was cancelled.`;
      if (this.#doing.kind !== 'awaiting-tool' || this.#doing.callId !== id) {
        return `There is no call ${id}.`;
      }
      this.#parts.session.taken.push({ kind: 'tool-response', id, response });
      this.#doing = LISTENING;
      this.#answer(nowMs);
    }
    return null;
  }

  #startActivity(): void {
    this.#isActive = true;
    this.#interrupt();
    this.#parts.session.taken.push({ kind: 'activity-start' });
  }

  #endActivity(nowMs: number): void {
    this.#isActive = false;
    this.#parts.session.taken.push({ kind: 'activity-end' });
    this.#react(nowMs);
  }

  /** Drops what is being said: interrupted, then complete, and never `generationComplete` unless that was said before. */
  #interrupt(): void {
    const { connection, session, service } = this.#parts;
    const doing = this.#doing;
    this.#doing = LISTENING;
    if (doing.kind === 'awaiting-tool') {
      this.#cancelled.add(doing.callId);
      connection.post({ toolCallCancellation: { ids: [doing.callId] } });
    }
    if (doing.kind !== 'answering') return;
    for (let late = 0; late < service.options.lateBursts; late++) {
      this.#postAudio(doing.answer.burst());
    }
    session.taken.push({ kind: 'interrupted', answer: doing.answer.options.number });
    connection.post({ serverContent: { interrupted: true } });
    connection.post({ serverContent: { turnComplete: true } });
    connection.postUpdate(true);
  }

  #react(nowMs: number): void {
    const { connection, service } = this.#parts;
    const input = service.nextInput();
    const reaction = service.options.react(input);
    switch (reaction.kind) {
      case 'answer':
        return this.#answer(nowMs);
      case 'silence':
        return;
      case 'nothing-to-say':
        connection.post({ serverContent: { turnComplete: true, waitingForInput: true } });
        return connection.postUpdate(true);
      default: {
        const { name, args } = reaction;
        const id = `call-${input}`;
        this.#doing = { kind: 'awaiting-tool', callId: id };
        connection.postUpdate(false);
        connection.post({ toolCall: { functionCalls: [{ id, name, args }] } });
      }
    }
  }

  #answer(nowMs: number): void {
    const { connection, service, session } = this.#parts;
    const { thinkMs, answerMs, speed, burstMs, transcripts } = service.options;
    const number = service.nextAnswer();
    session.taken.push({ kind: 'answer', answer: number });
    const startMs = nowMs + thinkMs;
    const lengthMs = answerMs;
    this.#doing = {
      kind: 'answering',
      answer: new Answer({ number, startMs, lengthMs, speed, burstMs }),
    };
    connection.postUpdate(false);
    if (this.#malformedOwed) this.#postNonsense();
    if (transcripts === 'before') this.#postTranscripts(number);
  }

  #complete(): void {
    if (this.#doing.kind !== 'answering') return;
    const { connection, service, session } = this.#parts;
    const { number, lengthMs } = this.#doing.answer.options;
    this.#doing = LISTENING;
    const promptTokenCount = Math.round((session.audioSamples / 16_000) * TOKENS_PER_SECOND);
    const responseTokenCount = Math.round((lengthMs / 1000) * TOKENS_PER_SECOND);
    connection.post({
      serverContent: { turnComplete: true },
      usageMetadata: {
        promptTokenCount,
        responseTokenCount,
        totalTokenCount: promptTokenCount + responseTokenCount,
        responseTokensDetails: [{ modality: 'AUDIO', tokenCount: responseTokenCount }],
      },
    });
    if (service.options.transcripts === 'after') this.#postTranscripts(number);
    connection.postUpdate(true);
  }

  #postTranscripts(number: number): void {
    if (this.#parts.setup.outputAudioTranscription !== undefined) {
      this.#parts.connection.post({
        serverContent: { outputTranscription: { text: `Answer ${number} ` } },
      });
      this.#parts.connection.post({ serverContent: { outputTranscription: { text: 'in full.' } } });
    }
    if (this.#parts.setup.inputAudioTranscription !== undefined) {
      this.#parts.connection.post({
        serverContent: { inputTranscription: { text: `Turn ${number}.` } },
      });
    }
  }

  #postAudio(samples: Int16Array): void {
    if (samples.length === 0) return;
    const inlineData = { mimeType: `audio/pcm;rate=${SPEECH_RATE_HZ}`, data: bytesOf(samples) };
    this.#parts.connection.post({
      serverContent: { modelTurn: { role: 'model', parts: [{ inlineData }] } },
    });
  }

  #postNonsense(): void {
    this.#malformedOwed = false;
    const { connection } = this.#parts;
    connection.postRaw('{"serverContent":');
    connection.postRaw(new Uint8Array([0xff, 0x00, 0x7b]));
    connection.postRaw('[]');
    connection.postRaw(
      '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"***"}}]}}}',
    );
    connection.postRaw(
      '{"serverContent":{"modelTurn":{"parts":"none"}},"toolCall":{"functionCalls":7}}',
    );
    connection.postRaw('{"somethingNew":{"answer":42}}');
  }
}
