// Gives the agent the caller's turns and their audio, or keeps a turn back until the caller has the floor.

import { unreachable } from '../unreachable.ts';
import type { VoiceActivity } from '../voice/voice-activity.ts';
import type { Agent, TurnEnd, TurnStart } from './agent.ts';

/** Samples handed to the agent at once (20 ms). */
const CHUNK_SAMPLES = 320;

/**
 * Zeros that an agent who hears everything is given of a silence or a gap that comes at once: a second, in which any
 * detector of turns finds the end of one. No frame is nearly as long.
 */
const MOST_SILENCE_SAMPLES = 16_000;

type RelayPhase =
  | { readonly kind: 'quiet' }
  /** The turn has begun while the agent speaks, and may prove to be a word of assent. */
  | { readonly kind: 'withheld'; readonly start: TurnStart }
  | { readonly kind: 'told'; readonly start: TurnStart };

const QUIET: RelayPhase = { kind: 'quiet' };

/** State of a relay. */
export interface TurnRelaySnapshot {
  readonly phase?: RelayPhase | undefined;
  readonly givenTo?: number | undefined;
}

/**
 * One turn at a time; positions given to the agent strictly increase. An agent that hears everything gets all audio as it
 * comes, whoever has the floor; its turns are told as to any other, and when one has ended, all of it was given.
 */
export class TurnRelay {
  readonly #agent: Agent;
  readonly #voice: VoiceActivity;
  readonly #chunk = new Int16Array(CHUNK_SAMPLES);
  #phase: RelayPhase = QUIET;
  /** Caller audio before this position has been given. */
  #givenTo = 0;

  /** The relay reads the caller's audio from `voice`. */
  constructor(agent: Agent, voice: VoiceActivity) {
    this.#agent = agent;
    this.#voice = voice;
  }

  /** The turn that waits for the floor, if any. */
  get withheldTurn(): number | null {
    return this.#phase.kind === 'withheld' ? this.#phase.start.turn : null;
  }

  /** A turn that the agent knows of is open. */
  get telling(): boolean {
    return this.#phase.kind === 'told';
  }

  started(start: TurnStart, withheld: boolean, nowMs: number): void {
    this.#phase = { kind: 'withheld', start };
    if (!withheld) this.grant(nowMs);
  }

  /** Tells a turn that was withheld, from its beginning as far as it is still in memory. */
  grant(nowMs: number): void {
    if (this.#phase.kind !== 'withheld') return;
    const { start } = this.#phase;
    this.#phase = { kind: 'told', start };
    this.#agent.turnStarted(start, nowMs);
    if (this.#hearsEverything) return;
    this.#givenTo = Math.max(this.#givenTo, start.startSample, this.#voice.keptPosition);
    this.feed(nowMs);
  }

  /** Gives what has been heard since the last call, in whole chunks, but nothing that may belong to a later turn. */
  feed(nowMs: number): void {
    if (this.#hearsEverything) this.#giveEverything(nowMs);
    else if (this.#phase.kind === 'told') this.#giveChunks(this.#voice.settledPosition, nowMs);
  }

  /** Ends the turn; returns false when the agent was never told of it. */
  ended(end: TurnEnd, nowMs: number): boolean {
    switch (this.#phase.kind) {
      case 'quiet':
        return false;
      case 'withheld':
        this.#phase = QUIET;
        return false;
      case 'told':
        this.feed(nowMs);
        this.#giveRest(end.endSample, nowMs);
        this.#phase = QUIET;
        this.#agent.turnEnded(end, nowMs);
        return true;
      default:
        return unreachable(this.#phase);
    }
  }

  /** Forgets a withheld turn. */
  forget(): void {
    this.#phase = QUIET;
  }

  snapshot(): TurnRelaySnapshot {
    return { phase: this.#phase, givenTo: this.#givenTo };
  }

  restore(snapshot: TurnRelaySnapshot): void {
    this.#phase = snapshot.phase ?? QUIET;
    this.#givenTo = snapshot.givenTo ?? 0;
  }

  get #hearsEverything(): boolean {
    return this.#agent.hears === 'everything';
  }

  /** Of a long silence no more than its first second. */
  #giveEverything(nowMs: number): void {
    const { position, heard } = this.#voice;
    const isLong = position - this.#givenTo > MOST_SILENCE_SAMPLES + CHUNK_SAMPLES;
    this.#givenTo = Math.max(this.#givenTo, heard.startPosition);
    this.#giveChunks(isLong ? this.#givenTo + MOST_SILENCE_SAMPLES : position, nowMs);
    if (isLong) this.#givenTo = position;
  }

  /** Only what is there: never what memory has let go of, nor what was settled without having been heard. */
  #giveChunks(toSample: number, nowMs: number): void {
    const { heard } = this.#voice;
    const end = Math.min(toSample, heard.endPosition);
    this.#givenTo = Math.max(this.#givenTo, heard.startPosition);
    while (end - this.#givenTo >= CHUNK_SAMPLES) {
      heard.copyTo(this.#givenTo, this.#chunk, 0, CHUNK_SAMPLES);
      this.#agent.audio(this.#givenTo, this.#chunk, nowMs);
      this.#givenTo += CHUNK_SAMPLES;
    }
  }

  #giveRest(endSample: number, nowMs: number): void {
    const { heard } = this.#voice;
    this.#givenTo = Math.max(this.#givenTo, heard.startPosition);
    const length = Math.min(endSample, heard.endPosition) - this.#givenTo;
    if (length <= 0) return;
    const rest = new Int16Array(length);
    heard.copyTo(this.#givenTo, rest, 0, length);
    this.#agent.audio(this.#givenTo, rest, nowMs);
    this.#givenTo += length;
  }
}
