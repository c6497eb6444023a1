// The agent's answers: written by the model, spoken sentence by sentence while it still writes, and known by what was heard of them.

import * as v from 'valibot';
import { AGENT_RATE_HZ, type AgentHost, type Heard } from '../../../core/conversation/agent.ts';
import type { WorkersAi, WritingInputs } from '../../runtime/workers-ai.ts';
import { ANSWER_SNAPSHOT, Answer } from './answer.ts';
import type { AgentEntry, History } from './history.ts';
import type { WrittenCall } from './model-stream.ts';
import type { WorkersAiOptions } from './options.ts';
import { Sentences, speakable } from './sentences.ts';
import { Voice } from './voice.ts';
import { Writer } from './writer.ts';

export const ANSWERS_SNAPSHOT = v.object({
  /** The one that is being made. */
  current: v.nullable(ANSWER_SNAPSHOT),
  /** Those of which it is not known yet what was heard. */
  unheard: v.array(ANSWER_SNAPSHOT),
});
type AnswersSnapshot = v.InferOutput<typeof ANSWERS_SNAPSHOT>;

export interface AnswersListener {
  /** The first audio of an answer was given. */
  begun(): void;
  /** The model wants to know something before it goes on; called before `made`. */
  called(entry: AgentEntry, calls: readonly WrittenCall[]): void;
  /** All of an answer was given, or no more of it will be. */
  made(nowMs: number): void;
  failed(code: string, sentence: string, nowMs: number): void;
}

export interface AnswersPorts {
  readonly host: AgentHost;
  readonly ai: WorkersAi;
  readonly history: History;
  readonly options: WorkersAiOptions;
}

export class Answers {
  readonly #ports: AnswersPorts;
  readonly #listener: AnswersListener;
  readonly #writer: Writer;
  readonly #voice: Voice;
  readonly #sentences = new Sentences();
  #current: Answer | null = null;
  /** The current one is the model's, and not words that are said as they are. */
  #isModels = false;
  /** Why the model writes no more of it; its whole sentences are said before that is told. */
  #failure: { readonly code: string; readonly sentence: string } | null = null;
  /** By utterance, oldest first. */
  readonly #unheard = new Map<number, Answer>();
  /** Those of the unheard that were cut: what was heard of them is about to be told. */
  readonly #cut = new Set<Answer>();

  constructor(ports: AnswersPorts, listener: AnswersListener) {
    this.#ports = ports;
    this.#listener = listener;
    const { ai, host, options } = ports;
    this.#writer = new Writer(
      { ai, model: options.model, timeoutMs: options.answerTimeoutMs },
      {
        written: (text, nowMs) => this.#say(this.#sentences.add(text), nowMs),
        finished: (calls, nowMs) => this.#written(calls, nowMs),
        usage: (inputTokens, outputTokens) => host.usage({ inputTokens, outputTokens }),
        failed: (code, sentence, nowMs) => {
          this.#failure = { code, sentence };
          this.#finishIfMade(nowMs);
        },
      },
    );
    this.#voice = new Voice(
      {
        ai,
        model: `@cf/deepgram/${options.speech}`,
        speaker: options.voice,
        rateHz: AGENT_RATE_HZ,
        timeoutMs: options.speechTimeoutMs,
      },
      {
        sentenceBegun: (text) => this.#current?.beginSentence(text),
        audio: (samples, nowMs) => this.#give(samples, nowMs),
        sentenceEnded: () => this.#current?.endSentence(),
        spoken: (nowMs) => this.#finishIfMade(nowMs),
        failed: (code, sentence, nowMs) => this.#failed(code, sentence, nowMs),
      },
    );
  }

  /** An answer is being made. */
  get isMaking(): boolean {
    return this.#current !== null;
  }

  /** The model was asked, and nothing of its answer was said yet. */
  get isThinking(): boolean {
    return this.#isModels && this.#current !== null && this.#current.utterance === null;
  }

  /** Nothing is being made, and nothing is left to be heard. */
  get isSilent(): boolean {
    return this.#current === null && this.#unheard.size === 0;
  }

  /** What was heard of an answer that was cut is not known yet. */
  get isAwaitingHeard(): boolean {
    return this.#cut.size > 0;
  }

  get isInterruptible(): boolean {
    const all = [...this.#unheard.values(), ...(this.#current === null ? [] : [this.#current])];
    return all.every(({ isInterruptible }) => isInterruptible);
  }

  get nextDeadlineMs(): number {
    return Math.min(this.#writer.nextDeadlineMs, this.#voice.nextDeadlineMs);
  }

  tick(nowMs: number): void {
    this.#writer.tick(nowMs);
    this.#voice.tick(nowMs);
  }

  /** Has the model answer. */
  ask(inputs: WritingInputs, isInterruptible: boolean, nowMs: number): void {
    this.#begin(isInterruptible);
    this.#isModels = true;
    this.#writer.write(inputs, nowMs);
  }

  /** Says these words. */
  say(text: string, isInterruptible: boolean, nowMs: number): void {
    this.#begin(isInterruptible);
    this.#isModels = false;
    this.#say([...this.#sentences.add(text), ...this.#sentences.end()], nowMs);
    this.#finishIfMade(nowMs);
  }

  /** Stops at once if the conversation does not take the answer any more, though nothing was told yet. */
  probe(): void {
    const answer = this.#current;
    if (answer !== null && !answer.isWanted) this.cut();
  }

  /** What is being made is not wanted any more: model and voice are stopped. */
  cut(): void {
    const answer = this.#current;
    this.#stop();
    if (answer !== null && answer.utterance !== null) this.#cut.add(answer);
  }

  /** The conversation was asked to drop what is not heard yet: what was heard of each will be told. */
  cutAll(): void {
    this.cut();
    for (const answer of this.#unheard.values()) this.#cut.add(answer);
  }

  /** What was heard of the cut answers will not be told. */
  forgetCut(): void {
    this.#cut.clear();
  }

  /** It is known how much of an utterance was heard; false when it is none of the answers. */
  heard(heard: Heard): boolean {
    const answer = this.#unheard.get(heard.utterance);
    if (answer === undefined) return false;
    if (answer === this.#current) this.#stop();
    this.#unheard.delete(heard.utterance);
    this.#cut.delete(answer);
    if (heard.heardSamples < heard.givenSamples) answer.heard(heard.heardSamples);
    if (answer.entry.text !== '') this.#ports.host.transcript('agent', answer.entry.text, true);
    return true;
  }

  close(): void {
    this.#stop();
  }

  snapshot(): AnswersSnapshot {
    const current = this.#current;
    const unheard = [...this.#unheard.values()].filter((answer) => answer !== current);
    return {
      current: current?.snapshot() ?? null,
      unheard: unheard.map((answer) => answer.snapshot()),
    };
  }

  /** Returns how far the answer had come that was being made: it is not gone on with by itself. */
  restore({ current, unheard }: AnswersSnapshot): 'none' | 'unsaid' | 'begun' {
    const { history, host } = this.#ports;
    for (const saved of current === null ? unheard : [...unheard, current]) {
      const entry = history.agentEntry(saved.entry);
      if (entry === null || saved.utterance === null) continue;
      this.#unheard.set(saved.utterance, Answer.restored(host, entry, saved));
    }
    if (current === null) return 'none';
    return current.utterance === null ? 'unsaid' : 'begun';
  }

  /** Ends what a lost memory left open; from here on the host may be asked. */
  endRestored(): void {
    for (const answer of this.#unheard.values()) answer.end();
  }

  #begin(isInterruptible: boolean): void {
    this.#stop();
    const { history, host } = this.#ports;
    this.#current = new Answer(host, history.agentSpeaks(), isInterruptible);
  }

  #stop(): void {
    this.#writer.cancel();
    this.#voice.cancel();
    this.#sentences.end();
    this.#failure = null;
    this.#current = null;
  }

  #say(pieces: readonly string[], nowMs: number): void {
    for (const piece of pieces) {
      const text = speakable(piece);
      // What has no letter or digit would only be a silence.
      if (!/[\p{L}\p{N}]/u.test(text)) continue;
      this.#ports.host.usage({ speechCharacters: text.length });
      this.#voice.speak(text, nowMs);
    }
  }

  #give(samples: Int16Array, nowMs: number): void {
    const answer = this.#current;
    if (answer === null) return;
    const isFirst = answer.utterance === null;
    const outcome = answer.give(samples);
    if (answer.utterance !== null && isFirst) {
      this.#unheard.set(answer.utterance, answer);
      this.#listener.begun();
    }
    if (outcome === 'accepted') {
      this.#ports.host.transcript('agent', answer.entry.text, false);
      return;
    }
    if (outcome === 'full') this.#ports.host.fail('answer-too-long', 'The answer is too long.');
    this.cut();
    this.#listener.made(nowMs);
  }

  #written(calls: readonly WrittenCall[], nowMs: number): void {
    const answer = this.#current;
    if (answer === null) return;
    this.#say(this.#sentences.end(), nowMs);
    if (calls.length > 0) this.#listener.called(answer.entry, calls);
    this.#finishIfMade(nowMs);
  }

  #finishIfMade(nowMs: number): void {
    if (this.#current === null || this.#writer.isWriting || this.#voice.isSpeaking) return;
    const failure = this.#failure;
    if (failure !== null) return this.#failed(failure.code, failure.sentence, nowMs);
    this.#current.end();
    this.#current = null;
    this.#listener.made(nowMs);
  }

  /** What was said so far stays said. */
  #failed(code: string, sentence: string, nowMs: number): void {
    this.#current?.end();
    this.#stop();
    this.#listener.failed(code, sentence, nowMs);
  }
}
