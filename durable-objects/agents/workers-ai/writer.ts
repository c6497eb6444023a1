// Has the text model write one answer after the other, and tries once more when nothing comes of it.

import type {
  AiStream,
  StreamListener,
  WorkersAi,
  WritingInputs,
} from '../../runtime/workers-ai.ts';
import { ModelStream, type WrittenCall } from './model-stream.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** A model that is busy is often free a moment later. */
const ATTEMPTS = 2;

export interface WriterListener {
  /** More of the answer. */
  written(text: string, nowMs: number): void;
  /** The answer is whole; `calls` are what the model wants to know before it goes on. */
  finished(calls: readonly WrittenCall[], nowMs: number): void;
  usage(inputTokens: number, outputTokens: number): void;
  /** No answer, or no more of it, will come. */
  failed(code: string, sentence: string, nowMs: number): void;
}

export interface WriterOptions {
  readonly ai: WorkersAi;
  readonly model: string;
  readonly timeoutMs: number;
}

interface Run {
  readonly inputs: WritingInputs;
  readonly attempt: number;
  readonly events: ModelStream;
  hasText: boolean;
  stream: AiStream | null;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #listener: WriterListener;
  #run: Run | null = null;
  #deadlineMs = NEVER;

  constructor(options: WriterOptions, listener: WriterListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get isWriting(): boolean {
    return this.#run !== null;
  }

  get nextDeadlineMs(): number {
    return this.#deadlineMs;
  }

  write(inputs: WritingInputs, nowMs: number): void {
    this.cancel();
    this.#begin(inputs, 1, nowMs);
  }

  /** Stops at once; nothing more is told. */
  cancel(): void {
    this.#run?.stream?.cancel();
    this.#run = null;
    this.#deadlineMs = NEVER;
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.#fail('agent-timeout', 'did not answer in time', nowMs);
  }

  #begin(inputs: WritingInputs, attempt: number, nowMs: number): void {
    const { ai, model, timeoutMs } = this.#options;
    const run: Run = { inputs, attempt, events: new ModelStream(), hasText: false, stream: null };
    this.#run = run;
    this.#deadlineMs = nowMs + timeoutMs;
    run.stream = ai.write(model, inputs, this.#listenerOf(run));
  }

  #listenerOf(run: Run): StreamListener {
    return {
      chunk: (bytes, nowMs) => {
        if (this.#run !== run) return;
        this.#deadlineMs = nowMs + this.#options.timeoutMs;
        const text = run.events.take(bytes);
        if (text === '') return;
        run.hasText = true;
        this.#listener.written(text, nowMs);
      },
      ended: (nowMs) => {
        if (this.#run === run) this.#ended(run, nowMs);
      },
      failed: (nowMs) => {
        if (this.#run === run) this.#fail('agent-unavailable', 'could not answer', nowMs);
      },
    };
  }

  #ended(run: Run, nowMs: number): void {
    const { calls, isDone, usage } = run.events;
    if (usage !== null) this.#listener.usage(usage.inputTokens, usage.outputTokens);
    if (!isDone) return this.#fail('agent-unavailable', 'broke off', nowMs);
    if (!run.hasText && calls.length === 0)
      return this.#fail('agent-failed', 'had no answer', nowMs);
    this.#run = null;
    this.#deadlineMs = NEVER;
    this.#listener.finished(calls, nowMs);
  }

  /** What was written is said already, so only an answer that has not begun is asked for again. */
  #fail(code: string, what: string, nowMs: number): void {
    const run = this.#run;
    this.cancel();
    if (run === null) return;
    if (!run.hasText && run.attempt < ATTEMPTS) {
      this.#begin(run.inputs, run.attempt + 1, nowMs);
      return;
    }
    this.#listener.failed(code, `The model ${what}.`, nowMs);
  }
}
