// One conversation with the model: whose turn it is, what is asked, what is said, and what the model is told of it.

import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { AgentServices } from '../agent-services.ts';
import { CallerVoice } from './caller-voice.ts';
import type { Content } from './client-messages.ts';
import { GeminiLine, type LineListener } from './line.ts';
import { type HeardAnswer, ModelTurn } from './model-turn.ts';
import type { GeminiLiveOptions } from './options.ts';
import type { LogEntry } from './resend-log.ts';
import type { DialogueSnapshot } from './saved.ts';
import type { ServerEvent } from './server-events.ts';
import { ToolDesk } from './tool-desk.ts';
import { Transcripts } from './transcripts.ts';
import { Waiting } from './waiting.ts';
import { brokenNote, heardNote, sayExactly } from './words.ts';

/** What waits for a checkpoint leaves without one after this: a call whose storage is full goes on. */
const STORED_PATIENCE_MS = 1000;
const NEVER = Number.POSITIVE_INFINITY;

export class Dialogue implements LineListener {
  readonly #host: AgentHost;
  readonly #options: GeminiLiveOptions;
  readonly #line: GeminiLine;
  readonly #caller: CallerVoice;
  readonly #turn: ModelTurn;
  readonly #transcripts: Transcripts;
  readonly #tools: ToolDesk;
  readonly #waiting: Waiting;
  readonly #isOurs: boolean;
  #isGreeted = false;
  /** An answer that a broken line left unfinished, until the session stands again. */
  #broken: (HeardAnswer & { readonly text: string }) | null = null;
  /** For the next answer; null: as the options say. */
  #nextInterruptible: boolean | null = null;
  #isRestored = false;
  #startMs = NEVER;
  #storedByMs = NEVER;

  constructor(host: AgentHost, options: GeminiLiveOptions, services: AgentServices, nowMs: number) {
    this.#host = host;
    this.#options = options;
    this.#isOurs = options.turnDetection === 'ours';
    this.#line = new GeminiLine(options, services, this);
    this.#caller = new CallerVoice(this.#line, options);
    this.#turn = new ModelTurn(host);
    this.#transcripts = new Transcripts(host);
    this.#waiting = new Waiting(host, options, services);
    this.#tools = new ToolDesk(host, services, (call, output, now) => {
      const { id, name } = call;
      this.#line.send({ kind: 'tool-response', id, name, output }, false);
      this.#awaitAnswer(now);
    });
    // Not now: a saved state may follow.
    this.#startMs = nowMs;
  }

  get nextDeadlineMs(): number {
    return Math.min(
      this.#startMs,
      this.#line.nextDeadlineMs,
      this.#waiting.nextDeadlineMs(this.#turn.isSpeaking),
      this.#storedByMs,
      this.#caller.nextDeadlineMs,
    );
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#startMs) this.#start(nowMs);
    this.#line.tick(nowMs);
    if (nowMs >= this.#storedByMs) this.stored();
    this.#caller.tick(nowMs);
    if (this.#waiting.tick(this.#turn.isSpeaking, nowMs)) {
      this.#turn.ignore();
      this.#line.log.answered();
    }
    this.#rest(nowMs);
  }

  turnStarted(nowMs: number): void {
    this.#line.wake(nowMs);
    this.#transcripts.finishBoth();
    if (this.#isOurs) {
      // What the model thinks or says about the turn before is cut short by this one.
      if (this.#line.log.isAwaited) this.#turn.ignore();
      this.#line.log.answered();
      this.#waiting.stop();
    }
    this.#caller.started();
  }

  audio(samples: Int16Array, nowMs: number): void {
    this.#caller.audio(samples, nowMs);
  }

  turnEnded(nowMs: number): void {
    if (this.#caller.ended(nowMs)) this.#ask({ kind: 'activity-end' }, nowMs);
  }

  /** Typed by the caller. */
  text(text: string, nowMs: number): void {
    this.#transcripts.note({ role: 'user', text });
    this.#askInWords(text, nowMs);
  }

  sayText(text: string, interruptible: boolean, nowMs: number): void {
    this.#nextInterruptible = interruptible;
    this.#askInWords(sayExactly(text), nowMs);
  }

  userIdle(nowMs: number): void {
    const { idlePrompt } = this.#options;
    if (idlePrompt !== undefined) this.#askInWords(idlePrompt, nowMs);
  }

  interrupted(heard: Heard, nowMs: number): void {
    if (this.#waiting.owns(heard, nowMs)) return;
    const text = this.#transcripts.answerText;
    const answer = this.#turn.heard(heard);
    if (answer === null) return;
    this.#line.log.answered();
    if (!this.#options.tellHeard || answer.heardMs >= answer.givenMs) return;
    this.#caller.note(heardNote({ ...answer, text }));
  }

  completed(heard: Heard, nowMs: number): void {
    if (!this.#waiting.owns(heard, nowMs)) this.#turn.heard(heard);
    this.#rest(nowMs);
  }

  stored(): void {
    this.#storedByMs = NEVER;
    this.#line.release();
  }

  close(): void {
    this.#transcripts.finishBoth();
    this.#startMs = NEVER;
    this.#storedByMs = NEVER;
    this.#caller.drop();
    this.#waiting.stop();
    this.#line.close();
  }

  save(): DialogueSnapshot {
    return {
      handle: this.#line.handle,
      hadSession: this.#line.hadSession,
      log: this.#line.log.snapshot(),
      turn: this.#turn.snapshot(),
      transcripts: this.#transcripts.snapshot(),
      caller: this.#caller.snapshot(),
      isGreeted: this.#isGreeted,
    };
  }

  restore(saved: DialogueSnapshot): void {
    this.#line.restore(saved.handle, saved.hadSession);
    this.#line.log.restore(saved.log);
    this.#turn.restore(saved.turn);
    this.#transcripts.restore(saved.transcripts);
    this.#caller.restore(saved.caller);
    this.#isGreeted = saved.isGreeted;
    this.#isRestored = true;
  }

  get history(): readonly Content[] {
    return this.#transcripts.history;
  }

  event(event: ServerEvent, nowMs: number): void {
    this.#take(event, nowMs);
    this.#rest(nowMs);
  }

  ready(session: 'new' | 'resumed' | 'lost', nowMs: number): LogEntry | null {
    const { log } = this.#line;
    const broken = this.#broken;
    this.#broken = null;
    if (log.isAwaited) this.#waiting.asked(nowMs);
    // What is sent again was answered to its end: the caller need not hear that twice.
    else if (log.asked === 'answered') this.#turn.ignore();
    const isTold = broken !== null && this.#options.tellHeard && this.#options.words === 'content';
    if (session !== 'resumed' || !isTold || log.asked !== 'begun') return null;
    return { kind: 'words', text: brokenNote(broken), isAsking: false };
  }

  broke(): void {
    const text = this.#transcripts.answerText;
    const answer = this.#turn.broke();
    if (answer !== null) this.#broken = { ...answer, text };
    this.#transcripts.finish('agent');
    this.#tools.cancelAll();
    this.#waiting.stop();
  }

  unavailable(code: string, sentence: string): void {
    this.#caller.drop();
    this.#storedByMs = NEVER;
    this.#waiting.unavailable(code, sentence);
  }

  #start(nowMs: number): void {
    this.#startMs = NEVER;
    if (this.#isRestored) this.broke();
    // What was held was stored with the state that it came back with.
    this.#line.log.release();
    const { greeting } = this.#options;
    if (!this.#isGreeted && greeting !== undefined) {
      this.#line.log.push({ kind: 'words', text: greeting, isAsking: true }, false);
    }
    this.#isGreeted = true;
    this.#line.dial(nowMs);
  }

  #take(event: ServerEvent, nowMs: number): void {
    const { log } = this.#line;
    switch (event.kind) {
      case 'audio':
        return this.#say(event.bytes, event.rateHz);
      case 'interrupted':
        this.#turn.interrupted();
        log.answered();
        if (!this.#isOurs) this.#host.interrupt();
        return;
      case 'generation-complete':
        this.#turn.generated();
        return log.answered();
      case 'turn-complete':
        this.#turn.complete();
        log.answered();
        if (this.#options.resumption === 'off') log.settle();
        if (!this.#tools.isRunning) this.#waiting.stop();
        return this.#transcripts.finishBoth();
      case 'transcript':
        return this.#transcripts.take(event.party, event.text);
      case 'tool-call':
        log.begun();
        this.#tools.call(event.calls);
        return this.#waiting.toolCalled(nowMs);
      case 'tool-cancelled':
        this.#tools.cancel(event.ids);
        if (!this.#tools.isRunning) this.#waiting.stop();
        return;
      case 'resumable':
        return this.#line.resumable(
          event.handle,
          event.consumed,
          // Where the vendor finds the turns, nobody knows what of a turn a handle stands for.
          () => (this.#isOurs || this.#caller.isQuiet(nowMs)) && log.settle(),
        );
      case 'usage':
        return this.#host.usage(event.report);
      case 'unreadable':
      case 'setup-complete':
      case 'go-away':
        return;
      default:
        return unreachable(event);
    }
  }

  #say(bytes: Uint8Array, rateHz: number): void {
    const interruptible = this.#nextInterruptible ?? this.#options.interruptible;
    const outcome = this.#turn.audio(bytes, rateHz, interruptible);
    if (outcome === 'full') this.#host.fail('answer-too-long', 'The answer is too long.');
    if (outcome !== 'begun') return;
    this.#nextInterruptible = null;
    this.#waiting.begun();
    this.#line.log.begun();
    this.#transcripts.finish('caller');
  }

  #askInWords(text: string, nowMs: number): void {
    this.#line.wake(nowMs);
    if (!this.#line.isDown) this.#ask({ kind: 'words', text, isAsking: true }, nowMs);
  }

  /** Asks for an answer, as soon as a checkpoint knows of it. */
  #ask(entry: LogEntry, nowMs: number): void {
    this.#turn.asked();
    this.#transcripts.asked();
    this.#line.send(entry, true);
    this.#storedByMs = nowMs + STORED_PATIENCE_MS;
    this.#awaitAnswer(nowMs);
  }

  #awaitAnswer(nowMs: number): void {
    // While the vendor is away, its own time runs.
    if (this.#line.isLive) this.#waiting.asked(nowMs);
    else this.#waiting.stop();
  }

  #rest(nowMs: number): void {
    const isBusy = this.#caller.isSpeaking || this.#turn.isSpeaking || this.#tools.isRunning;
    if (!isBusy && this.#line.log.asked === 'nothing') this.#line.rest(nowMs);
  }
}
