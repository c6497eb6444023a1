// An agent that answers every turn with marked speech, in bursts, and forgets with its memory what it had not saved.

import type { Agent, AgentHost, Heard, TurnEnd, TurnStart } from '../core/conversation/agent.ts';
import type { AgentLog } from './oracle/agent-log.ts';
import type { AgentShape } from './scenario.ts';

/** Given at once when an utterance begins, as vendors do to fill a player's buffer. */
const FIRST_BURST_MS = 200;

const SAMPLES_PER_MS = 16;

/** An utterance that is being given. */
interface Telling {
  readonly utterance: number;
  readonly speech: number;
  readonly startedMs: number;
  readonly givenSamples: number;
  readonly bursts: number;
}

/** What the agent would still know after its memory was lost. */
interface Saved {
  /** Answers that are to be given, by the time they are due at. */
  readonly due: readonly { readonly atMs: number; readonly lengthMs: number }[];
  readonly telling: Telling | null;
  readonly answers: number;
  /** Turns of which nobody outside knows yet. */
  readonly untold: readonly TurnEnd[];
  readonly logged: number;
}

export class Narrator implements Agent {
  readonly name = 'narrator';
  readonly #shape: AgentShape;
  readonly #log: AgentLog;
  #host: AgentHost | null = null;
  #due: Saved['due'] = [];
  #telling: Telling | null = null;
  #answers = 0;
  #untold: readonly TurnEnd[] = [];

  readonly #tellOutside: (tell: () => void) => void;

  /** The log is the world's: it outlives the memory. `tellOutside` does something when it may leave the object. */
  constructor(shape: AgentShape, log: AgentLog, tellOutside: (tell: () => void) => void) {
    this.#tellOutside = tellOutside;
    this.#shape = shape;
    this.#log = log;
  }

  get nextDeadlineMs(): number {
    const dueMs = this.#due[0]?.atMs ?? Number.POSITIVE_INFINITY;
    if (this.#telling === null) return dueMs;
    // The one being told is ended before the next begins.
    return this.#telling.startedMs + (this.#telling.bursts + 1) * this.#shape.burstMs;
  }

  open(host: AgentHost, nowMs: number): void {
    this.#host = host;
    if (this.#shape.greetingMs > 0) this.#due = [{ atMs: nowMs, lengthMs: this.#shape.greetingMs }];
  }

  turnStarted(start: TurnStart): void {
    this.#log.turnStarted(start);
  }

  audio(fromSample: number, samples: Int16Array): void {
    this.#log.audio(fromSample, samples);
  }

  turnEnded(end: TurnEnd, nowMs: number): void {
    this.#log.turnEnded(end);
    this.#untold = [...this.#untold, end];
    const { answersMs, thinksMs } = this.#shape;
    if (answersMs.length === 0) return;
    const lengthMs = answersMs[this.#answers % answersMs.length]!;
    this.#answers++;
    this.#due = [...this.#due, { atMs: nowMs + thinksMs, lengthMs }];
  }

  text(): void {}

  interrupted(heard: Heard): void {
    this.#log.utteranceEnded('interrupted', heard);
    this.#over(heard.utterance);
  }

  completed(heard: Heard): void {
    this.#log.utteranceEnded('completed', heard);
    this.#over(heard.utterance);
  }

  /** Cuts itself off; called in an event of the conversation. */
  interruptItself(): void {
    this.#telling = null;
    this.#host?.interrupt();
  }

  /** The backend is told, under the turn's number. */
  stored(): void {
    for (const end of this.#untold) this.#tellOutside(() => this.#log.toldOutside(end));
    this.#untold = [];
  }

  tick(nowMs: number): void {
    if (nowMs < this.nextDeadlineMs) return;
    if (this.#telling === null) this.#begin(nowMs);
    else this.#give(this.#telling, nowMs);
  }

  save(): Saved {
    return {
      due: this.#due,
      telling: this.#telling,
      answers: this.#answers,
      untold: this.#untold,
      logged: this.#log.length,
    };
  }

  restore(state: unknown): void {
    const { due, telling, answers, untold, logged } = state as Saved;
    this.#untold = untold;
    this.#due = due;
    this.#telling = telling;
    this.#answers = answers;
    this.#log.truncate(logged);
  }

  close(): void {}

  #over(utterance: number): void {
    if (this.#telling?.utterance === utterance) this.#telling = null;
  }

  #begin(nowMs: number): void {
    const [answer, ...later] = this.#due;
    if (answer === undefined || this.#host === null) return;
    this.#due = later;
    const { stubbornEvery } = this.#shape;
    const interruptible = stubbornEvery === 0 || this.#answers % stubbornEvery !== 0;
    const utterance = this.#host.begin({ interruptible });
    const { speech } = this.#log.utteranceBegun(utterance, answer.lengthMs * SAMPLES_PER_MS);
    this.#give({ utterance, speech, startedMs: nowMs, givenSamples: 0, bursts: 0 }, nowMs);
  }

  /** Gives what is due by now. Bursts lie at absolute times. */
  #give(telling: Telling, nowMs: number): void {
    const { burstMs, speed } = this.#shape;
    const { samples } = this.#log.speech(telling.speech);
    const bursts = Math.floor((nowMs - telling.startedMs) / burstMs);
    const dueSamples = Math.floor((FIRST_BURST_MS + bursts * burstMs * speed) * SAMPLES_PER_MS);
    const givenSamples = Math.min(samples.length, Math.max(telling.givenSamples, dueSamples));
    this.#telling = { ...telling, givenSamples, bursts };
    const burst = samples.subarray(telling.givenSamples, givenSamples);
    const outcome = burst.length === 0 ? 'accepted' : this.#host?.say(telling.utterance, burst);
    if (outcome === 'accepted') this.#log.given(telling.speech, givenSamples);
    if (outcome === 'accepted' && givenSamples < samples.length) return;
    this.#telling = null;
    this.#host?.end(telling.utterance);
    this.#log.allGiven(telling.speech);
  }
}
