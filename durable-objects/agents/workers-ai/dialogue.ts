// One conversation through the cascade: whose turn it is, what the model is asked, and what follows from what was heard.

import * as v from 'valibot';
import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import type { WorkersAi } from '../../runtime/workers-ai.ts';
import type { AgentServices } from '../agent-services.ts';
import { Fallback } from '../vendor/fallback.ts';
import { Filler } from '../vendor/filler.ts';
import { ANNOUNCEMENTS_SNAPSHOT, Announcements } from './announcements.ts';
import { ANSWERS_SNAPSHOT, Answers } from './answers.ts';
import { EARS_SNAPSHOT, Ears } from './ears.ts';
import { dialectOf } from './hearing.ts';
import { type AgentEntry, HISTORY_SNAPSHOT, History } from './history.ts';
import type { WrittenCall } from './model-stream.ts';
import type { WorkersAiOptions } from './options.ts';
import { ToolDesk } from './tool-desk.ts';
import { writingInputs } from './writing-inputs.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** What was heard of a cut answer is told within a second or two; a conversation that never tells must not stay mute. */
const HEARD_PATIENCE_MS = 3000;
/** A model that calls tools without end is stopped. */
const TOOL_ROUNDS_MAX = 8;

const GO_ON =
  'The line broke in the middle of your last answer; the caller has heard it as far as it stands here. Go on from there and do not begin again.';

export const DIALOGUE_SNAPSHOT = v.object({
  history: HISTORY_SNAPSHOT,
  ears: EARS_SNAPSHOT,
  answers: ANSWERS_SNAPSHOT,
  announcements: ANNOUNCEMENTS_SNAPSHOT,
  isAsked: v.boolean(),
  isCallerSpeaking: v.boolean(),
  isGreeted: v.boolean(),
});
type DialogueSnapshot = v.InferOutput<typeof DIALOGUE_SNAPSHOT>;

export interface DialoguePorts {
  readonly host: AgentHost;
  readonly ai: WorkersAi;
  readonly services: AgentServices;
  readonly options: WorkersAiOptions;
}

export class Dialogue {
  readonly #host: AgentHost;
  readonly #options: WorkersAiOptions;
  readonly #history = new History();
  readonly #ears: Ears;
  readonly #answers: Answers;
  readonly #tools: ToolDesk;
  readonly #filler: Filler;
  readonly #fallback: Fallback;
  readonly #announcements = new Announcements();
  /** The model is to answer as soon as it can. */
  #isAsked = false;
  #note: string | null = null;
  #isCallerSpeaking = false;
  #isGreeted = false;
  #rounds = 0;
  #startMs: number;
  #heardByMs = NEVER;
  #restored: 'none' | 'unsaid' | 'begun' = 'none';

  constructor({ host, ai, services, options }: DialoguePorts, nowMs: number) {
    this.#host = host;
    this.#options = options;
    const { turnDetection, giveUpMs } = options;
    this.#ears = new Ears(
      { ai, dialect: dialectOf(options), turnDetection, giveUpMs, seed: services.conversation },
      {
        vendorStarted: (nowMs) => this.#vendorStarted(nowMs),
        hearing: (text) => host.transcript('caller', text, false),
        heard: (text, lengthMs, nowMs) => this.#callerSaid(text, lengthMs, nowMs),
        unavailable: (code, sentence, nowMs) => this.#failed(code, sentence, nowMs),
      },
    );
    this.#answers = new Answers(
      { host, ai, history: this.#history, options },
      {
        begun: () => {
          this.#announcements.settled();
          this.#filler.stop();
          this.#fallback.recovered();
        },
        called: (entry, calls) => this.#called(entry, calls),
        made: (nowMs) => this.#pump(nowMs),
        failed: (code, sentence, nowMs) => this.#failed(code, sentence, nowMs),
      },
    );
    this.#tools = new ToolDesk(host, services, (nowMs) => {
      this.#isAsked = true;
      this.#pump(nowMs);
    });
    this.#filler = new Filler(options.filler);
    this.#fallback = new Fallback(options.fallback, services);
    // Not now: a saved state may follow.
    this.#startMs = nowMs;
  }

  get nextDeadlineMs(): number {
    return Math.min(
      this.#startMs,
      this.#heardByMs,
      this.#ears.nextDeadlineMs,
      this.#answers.nextDeadlineMs,
      this.#filler.nextDeadlineMs,
    );
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#startMs) this.#start(nowMs);
    this.#ears.tick(nowMs);
    this.#answers.tick(nowMs);
    this.#filler.tick(this.#host, nowMs);
    this.#pump(nowMs);
  }

  turnStarted(nowMs: number): void {
    this.#isCallerSpeaking = true;
    this.#ears.started(nowMs);
    this.#takeBack();
    this.#pump(nowMs);
  }

  audio(samples: Int16Array, nowMs: number): void {
    this.#ears.audio(samples, nowMs);
    this.#answers.probe();
  }

  turnEnded(nowMs: number): void {
    this.#isCallerSpeaking = false;
    this.#ears.finished(nowMs);
    this.#pump(nowMs);
  }

  /** Typed by the caller: a turn, before which the agent falls silent. */
  text(text: string, nowMs: number): void {
    this.#history.callerSaid(text);
    this.#askAnew();
    this.#yield();
    this.#pump(nowMs);
  }

  sayText(text: string, isInterruptible: boolean, nowMs: number): void {
    this.#announcements.add(text, isInterruptible);
    this.#pump(nowMs);
  }

  userIdle(nowMs: number): void {
    const { idlePrompt } = this.#options;
    if (idlePrompt === undefined || !this.#answers.isSilent) return;
    this.#note = idlePrompt;
    this.#askAnew();
    this.#pump(nowMs);
  }

  /** It is known what was heard of an utterance. */
  heard(heard: Heard, nowMs: number): void {
    if (!this.#filler.owns(heard, nowMs) && !this.#fallback.owns(heard)) this.#answers.heard(heard);
    this.#pump(nowMs);
  }

  save(): DialogueSnapshot {
    const answers = this.#answers.snapshot();
    return {
      history: this.#history.snapshot(),
      ears: this.#ears.snapshot(),
      answers: this.#announcements.isUnsaid ? { ...answers, current: null } : answers,
      announcements: this.#announcements.snapshot(),
      isAsked: this.#isAsked,
      isCallerSpeaking: this.#isCallerSpeaking,
      isGreeted: this.#isGreeted,
    };
  }

  restore(saved: DialogueSnapshot, nowMs: number): void {
    this.#history.restore(saved.history);
    this.#ears.restore(saved.ears, nowMs);
    this.#restored = this.#answers.restore(saved.answers);
    this.#announcements.restore(saved.announcements);
    this.#isAsked = saved.isAsked;
    this.#isCallerSpeaking = saved.isCallerSpeaking;
    this.#isGreeted = saved.isGreeted;
  }

  close(): void {
    this.#startMs = NEVER;
    this.#heardByMs = NEVER;
    this.#isAsked = false;
    this.#announcements.clear();
    this.#filler.stop();
    this.#answers.close();
    this.#ears.close();
  }

  #start(nowMs: number): void {
    this.#startMs = NEVER;
    this.#answers.endRestored();
    if (this.#restored !== 'none') this.#isAsked = true;
    if (this.#restored === 'begun') this.#note = GO_ON;
    for (const call of this.#history.openCalls) this.#tools.repeat(call);
    const { greeting, interruptible } = this.#options;
    if (!this.#isGreeted && greeting !== undefined) {
      this.#announcements.add(greeting, interruptible);
    }
    this.#isGreeted = true;
    this.#pump(nowMs);
  }

  /** The caller speaks before the answer has begun: it is asked for again, with what is being said. */
  #takeBack(): void {
    if (!this.#answers.isThinking) return;
    this.#answers.cut();
    this.#isAsked = true;
  }

  /** Where the vendor finds the turns, it also decides when the agent has to be silent. */
  #vendorStarted(nowMs: number): void {
    this.#takeBack();
    this.#yield();
    this.#pump(nowMs);
  }

  #yield(): void {
    if (this.#answers.isSilent || !this.#answers.isInterruptible) return;
    this.#answers.cutAll();
    this.#host.interrupt();
  }

  #callerSaid(text: string, lengthMs: number, nowMs: number): void {
    if (lengthMs > 0) this.#host.usage({ listenedMs: lengthMs });
    if (text !== '') {
      this.#host.transcript('caller', text, true);
      this.#history.callerSaid(text);
      this.#askAnew();
    }
    this.#pump(nowMs);
  }

  #askAnew(): void {
    this.#isAsked = true;
    this.#rounds = 0;
  }

  #called(entry: AgentEntry, calls: readonly WrittenCall[]): void {
    this.#rounds++;
    for (const [index, { id, name, args }] of calls.entries()) {
      const call = { id: id ?? `call_${entry.id}_${index}`, name, args, output: null };
      entry.calls.push(call);
      this.#tools.call(call);
    }
  }

  #failed(code: string, sentence: string, nowMs: number): void {
    this.#isAsked = false;
    this.#announcements.settled();
    this.#note = null;
    this.#filler.stop();
    this.#fallback.unavailable(this.#host, code, sentence);
    this.#pump(nowMs);
  }

  /** Does what has become possible: what the service wants said, then what the model is to answer. */
  #pump(nowMs: number): void {
    if (this.#answers.isMaking || this.#isHeardAwaited(nowMs)) return;
    const isCallerHeard = !this.#isCallerSpeaking || this.#options.turnDetection === 'vendor';
    if (!isCallerHeard || this.#ears.isAwaited || this.#ears.isVendorHearing) {
      this.#filler.stop();
      return;
    }
    const words = this.#announcements.take();
    if (words !== null) return this.#answers.say(words.text, words.isInterruptible, nowMs);
    if (this.#tools.isRunning) {
      if (this.#answers.isSilent) this.#filler.wait(nowMs);
      return;
    }
    if (this.#isAsked) this.#ask(nowMs);
  }

  /** The history is not complete while it is not known what was heard of an answer that was cut. */
  #isHeardAwaited(nowMs: number): boolean {
    if (nowMs >= this.#heardByMs) this.#answers.forgetCut();
    const isAwaited = this.#answers.isAwaitingHeard;
    if (!isAwaited) this.#heardByMs = NEVER;
    else if (this.#heardByMs === NEVER) this.#heardByMs = nowMs + HEARD_PATIENCE_MS;
    return isAwaited;
  }

  #ask(nowMs: number): void {
    this.#isAsked = false;
    this.#filler.stop();
    const offersTools = this.#rounds < TOOL_ROUNDS_MAX;
    const inputs = writingInputs(this.#options, this.#history, this.#note, offersTools);
    this.#note = null;
    this.#answers.ask(inputs, this.#options.interruptible, nowMs);
  }
}
