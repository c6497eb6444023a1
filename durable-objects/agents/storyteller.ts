// Tells one long story in bursts, as speech vendors deliver: for barge-in and loss tests, since it cannot repeat itself.

import * as v from 'valibot';
import type { Agent, AgentHost, Heard, TurnEnd, TurnStart } from '../../core/conversation/agent.ts';
import { AGENT_RATE_HZ } from '../../core/conversation/agent.ts';
import { unreachable } from '../../core/unreachable.ts';

/** Given at once when an utterance begins, as vendors do to fill a player's buffer. */
const FIRST_BURST_MS = 200;
/** Distance of the bursts that follow. */
const BURST_INTERVAL_MS = 100;

export const STORYTELLER_OPTIONS = v.strictObject({
  /** Speech given per time passed: 1 is real time, vendors lie between 1.3 and 4. */
  speed: v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(10)), 2),
  /** Whether it begins by itself, or waits for the caller's first turn. */
  speaksFirst: v.optional(v.boolean(), true),
  /** Whether the caller may cut it short. */
  interruptible: v.optional(v.boolean(), true),
});

export type StorytellerOptions = v.InferOutput<typeof STORYTELLER_OPTIONS>;

const PHASE = v.variant('kind', [
  /** Says nothing until the caller has said something. */
  v.object({ kind: v.literal('listening') }),
  /** Begins as soon as the story is there. */
  v.object({ kind: v.literal('ready') }),
  /** An utterance is open; it began at `fromSample` of the story. */
  v.object({
    kind: v.literal('telling'),
    utterance: v.number(),
    fromSample: v.number(),
    givenSamples: v.number(),
    startedMs: v.number(),
    bursts: v.number(),
  }),
  /** All is given, or was cut short; the conversation has yet to say how much was heard. */
  v.object({ kind: v.literal('awaiting'), utterance: v.number(), fromSample: v.number() }),
  /** The whole story was heard, or the conversation is over. */
  v.object({ kind: v.literal('finished') }),
]);

type Phase = v.InferOutput<typeof PHASE>;

const SAVED = v.object({
  phase: PHASE,
  toldSamples: v.pipe(v.number(), v.integer(), v.minValue(0)),
  turnMeanwhile: v.picklist(['none', 'open', 'ended']),
});

const LISTENING: Phase = { kind: 'listening' };
const READY: Phase = { kind: 'ready' };
const FINISHED: Phase = { kind: 'finished' };

/**
 * After an interruption it says nothing until the caller's next turn has ended, and then goes on from what was heard.
 * `story` may resolve at any time; `inEvent` runs what follows from it as an event of the conversation.
 */
export class Storyteller implements Agent {
  readonly name = 'storyteller';
  readonly #options: StorytellerOptions;
  readonly #storyToCome: Promise<Int16Array>;
  readonly #inEvent: (run: (nowMs: number) => void) => void;
  #host: AgentHost | null = null;
  #story: Int16Array | null = null;
  #phase: Phase;
  /** Samples of the story that were heard. */
  #toldSamples = 0;
  /** A turn of the caller that began while an utterance was not yet settled. */
  #turnMeanwhile: 'none' | 'open' | 'ended' = 'none';
  #nextDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(
    options: StorytellerOptions,
    story: Promise<Int16Array>,
    inEvent: (run: (nowMs: number) => void) => void,
  ) {
    this.#options = options;
    this.#storyToCome = story;
    this.#inEvent = inEvent;
    this.#phase = options.speaksFirst ? READY : LISTENING;
  }

  get nextDeadlineMs(): number {
    return this.#nextDeadlineMs;
  }

  open(host: AgentHost): void {
    this.#host = host;
    this.#storyToCome.then(
      (story) => this.#inEvent((nowMs) => this.#storyLoaded(story, nowMs)),
      () =>
        this.#inEvent(() =>
          host.fail(
            'story-unavailable',
            'The storyteller cannot speak: its story could not be loaded.',
          ),
        ),
    );
  }

  turnStarted(_start: TurnStart): void {
    this.#turnMeanwhile = this.#isSettled() ? 'none' : 'open';
  }

  audio(_fromSample: number, _samples: Int16Array): void {}

  turnEnded(_end: TurnEnd, nowMs: number): void {
    if (this.#turnMeanwhile === 'open') this.#turnMeanwhile = 'ended';
    this.#goOn(nowMs);
  }

  /** Typed words count as a turn. */
  text(_text: string, nowMs: number): void {
    this.#goOn(nowMs);
  }

  interrupted(heard: Heard, nowMs: number): void {
    if (!this.#settle(heard)) return;
    const goesOn = this.#turnMeanwhile === 'ended';
    this.#turnMeanwhile = 'none';
    if (goesOn) this.#goOn(nowMs);
  }

  completed(heard: Heard): void {
    if (this.#settle(heard)) this.#turnMeanwhile = 'none';
  }

  tick(nowMs: number): void {
    if (this.#story === null || nowMs < this.#nextDeadlineMs) return;
    switch (this.#phase.kind) {
      case 'ready':
        this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
        return this.#begin(this.#story, nowMs);
      case 'telling':
        return this.#give(this.#story, this.#phase, nowMs);
      case 'listening':
      case 'awaiting':
      case 'finished':
        this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
        return;
      default:
        return unreachable(this.#phase);
    }
  }

  save(): unknown {
    return {
      phase: { ...this.#phase },
      toldSamples: this.#toldSamples,
      turnMeanwhile: this.#turnMeanwhile,
    };
  }

  restore(state: unknown, nowMs: number): void {
    const saved = v.safeParse(SAVED, state);
    if (!saved.success) return;
    this.#phase = saved.output.phase;
    this.#toldSamples = saved.output.toldSamples;
    this.#turnMeanwhile = saved.output.turnMeanwhile;
    this.#wakeAt(nowMs);
  }

  close(_reason: string): void {
    this.#phase = FINISHED;
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
  }

  #storyLoaded(story: Int16Array, nowMs: number): void {
    this.#story = story;
    this.#wakeAt(nowMs);
  }

  /** Asks for a tick when there is something to say and something to say it with. */
  #wakeAt(nowMs: number): void {
    const speaks = this.#phase.kind === 'ready' || this.#phase.kind === 'telling';
    this.#nextDeadlineMs = speaks && this.#story !== null ? nowMs : Number.POSITIVE_INFINITY;
  }

  #goOn(nowMs: number): void {
    if (this.#phase.kind !== 'listening') return;
    this.#phase = READY;
    this.#wakeAt(nowMs);
  }

  #isSettled(): boolean {
    return this.#phase.kind !== 'telling' && this.#phase.kind !== 'awaiting';
  }

  #begin(story: Int16Array, nowMs: number): void {
    if (this.#host === null) return;
    if (this.#toldSamples >= story.length) {
      this.#phase = FINISHED;
      return;
    }
    const phase = {
      kind: 'telling',
      utterance: this.#host.begin({ interruptible: this.#options.interruptible }),
      fromSample: this.#toldSamples,
      givenSamples: 0,
      startedMs: nowMs,
      bursts: 0,
    } as const;
    this.#give(story, phase, nowMs);
  }

  /** Gives what is due by now: the first burst, and the speed times the time since. Bursts lie at absolute times. */
  #give(story: Int16Array, phase: Extract<Phase, { kind: 'telling' }>, nowMs: number): void {
    const { utterance, fromSample, startedMs } = phase;
    const bursts = Math.floor((nowMs - startedMs) / BURST_INTERVAL_MS);
    const dueMs = FIRST_BURST_MS + bursts * BURST_INTERVAL_MS * this.#options.speed;
    const dueSamples = Math.floor((dueMs * AGENT_RATE_HZ) / 1000);
    const givenSamples = Math.min(
      story.length - fromSample,
      Math.max(phase.givenSamples, dueSamples),
    );
    const burst = story.subarray(fromSample + phase.givenSamples, fromSample + givenSamples);
    const outcome = burst.length === 0 ? 'accepted' : this.#host?.say(utterance, burst);
    const isAllGiven = fromSample + givenSamples === story.length;
    if (outcome === 'accepted' && !isAllGiven) {
      this.#phase = { ...phase, givenSamples, bursts };
      this.#nextDeadlineMs = startedMs + (bursts + 1) * BURST_INTERVAL_MS;
      return;
    }
    this.#phase = { kind: 'awaiting', utterance, fromSample };
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
    if (isAllGiven) this.#host?.end(utterance);
  }

  /** Takes in what was heard of the current utterance; false when it is about another one. */
  #settle(heard: Heard): boolean {
    const phase = this.#phase;
    if (phase.kind !== 'telling' && phase.kind !== 'awaiting') return false;
    if (phase.utterance !== heard.utterance) return false;
    this.#toldSamples = phase.fromSample + heard.heardSamples;
    this.#phase = LISTENING;
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
    return true;
  }
}
