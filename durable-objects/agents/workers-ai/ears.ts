// Writes down what the caller says: audio to the listening model, its words back, over connections that may break.

import * as v from 'valibot';
import type { WorkersAi } from '../../runtime/workers-ai.ts';
import { Redial } from '../vendor/redial.ts';
import { CALLER_TURN_SNAPSHOT, CallerTurn } from './caller-turn.ts';
import type { Dialect, HeardEvent } from './hearing.ts';
import { HearingLine } from './hearing-line.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Where the vendor finds the turns, an end of the audio within one ends it: silence is not sent for ever. */
const QUIET_MS = 1000;

export const EARS_SNAPSHOT = v.array(CALLER_TURN_SNAPSHOT);
type EarsSnapshot = v.InferOutput<typeof EARS_SNAPSHOT>;

export interface EarsListener {
  /** The vendor has found that the caller speaks. */
  vendorStarted(nowMs: number): void;
  /** The words of a turn so far. */
  hearing(text: string): void;
  /** The words of a turn, empty where there were none; `lengthMs` of audio were listened to. */
  heard(text: string, lengthMs: number, nowMs: number): void;
  /** The vendor cannot be had; the turns that it owed are dropped. */
  unavailable(code: string, sentence: string, nowMs: number): void;
}

export interface EarsOptions {
  readonly ai: WorkersAi;
  readonly dialect: Dialect;
  readonly turnDetection: 'ours' | 'vendor';
  readonly giveUpMs: number;
  /** The conversation's id. */
  readonly seed: string;
}

/** Dials when somebody speaks. Turns are answered in their order; what a lost connection owed is sent again. */
export class Ears {
  readonly #options: EarsOptions;
  readonly #listener: EarsListener;
  readonly #redial: Redial;
  readonly #line: HearingLine;
  /** Oldest first; at most the last one is not finished. */
  #turns: CallerTurn[] = [];
  /** The vendor believes that a turn is under way. */
  #isVendorOpen = false;
  /** The connection has shown that somebody is there. */
  #isProven = false;
  #dialMs = NEVER;
  #quietMs = NEVER;

  constructor(options: EarsOptions, listener: EarsListener) {
    this.#options = options;
    this.#listener = listener;
    this.#redial = new Redial({ seed: options.seed, giveUpMs: options.giveUpMs });
    this.#line = new HearingLine(options.ai, options.dialect, {
      opened: (nowMs) => {
        for (const turn of this.#turns) if (turn.isFinished) this.#await(turn, nowMs);
      },
      event: (event, nowMs) => {
        if (event.kind === 'error') return this.#lost(nowMs);
        if (!this.#isProven) this.#redial.connected(nowMs);
        this.#isProven = true;
        const head = this.#turns[0];
        if (head !== undefined) head.hasSign = true;
        this.#take(event, head, nowMs);
      },
      lost: (nowMs) => this.#lost(nowMs),
    });
  }

  /** Words of a turn that has ended are still to come. */
  get isAwaited(): boolean {
    return this.#turns[0]?.isFinished === true;
  }

  /** The vendor has found a turn that it has not ended. */
  get isVendorHearing(): boolean {
    return this.#isVendors && this.#isVendorOpen;
  }

  get nextDeadlineMs(): number {
    const head = this.#turns[0];
    return Math.min(
      this.#dialMs,
      this.#quietMs,
      this.#redial.nextDeadlineMs,
      head === undefined ? this.#line.idleDeadlineMs : Math.min(head.settleMs, head.giveUpMs),
    );
  }

  /** The caller begins to speak. */
  started(nowMs: number): void {
    this.#turns.push(new CallerTurn());
    this.#dialIfNeeded(nowMs);
  }

  audio(samples: Int16Array, nowMs: number): void {
    if (this.#isVendors && this.#turns.at(-1)?.isFinished !== false) {
      this.#turns.push(new CallerTurn());
    }
    const turn = this.#turns.at(-1);
    if (turn === undefined || turn.isFinished) return;
    this.#dialIfNeeded(nowMs);
    turn.add(samples);
    this.#line.send(samples, nowMs);
    if (!this.#isVendors) return;
    if (!this.#isVendorOpen) turn.forgetSilence();
    this.#quietMs = nowMs + QUIET_MS;
  }

  /** The caller's turn is over. */
  finished(nowMs: number): void {
    const turn = this.#turns.at(-1);
    if (turn === undefined || turn.isFinished) return;
    turn.isFinished = true;
    turn.giveUpMs = nowMs + this.#options.giveUpMs;
    this.#line.endTurn(nowMs);
    // The vendor has ended it by itself, and will not answer to being told so.
    if (turn === this.#turns[0] && turn.isFixed && !this.#isVendorOpen) this.#settle(nowMs);
    else if (this.#line.isOpen) this.#await(turn, nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#dialMs) this.#dialIfNeeded(nowMs);
    if (nowMs >= this.#redial.nextDeadlineMs) this.#dial(nowMs);
    if (nowMs >= this.#quietMs) this.#quiet(nowMs);
    const head = this.#turns[0];
    if (head === undefined) this.#line.tend(nowMs);
    else if (nowMs >= head.settleMs) this.#impatient(head, nowMs);
    else if (nowMs >= head.giveUpMs) {
      this.#giveUp(this.#line.isOpen ? 'agent-timeout' : 'agent-unavailable', nowMs);
    }
  }

  close(): void {
    this.#turns = [];
    this.#dialMs = NEVER;
    this.#quietMs = NEVER;
    this.#hangUp();
  }

  snapshot(): EarsSnapshot {
    return this.#turns.map((turn) => turn.snapshot());
  }

  restore(turns: EarsSnapshot, nowMs: number): void {
    this.#turns = turns.map((turn) => CallerTurn.restored(turn));
    if (this.#turns.length > 0) this.#dialMs = nowMs;
    for (const turn of this.#turns) {
      if (turn.isFinished) turn.giveUpMs = nowMs + this.#options.giveUpMs;
    }
  }

  get #isVendors(): boolean {
    return this.#options.turnDetection === 'vendor';
  }

  #dialIfNeeded(nowMs: number): void {
    this.#dialMs = NEVER;
    if (!this.#line.isDialled && this.#redial.nextDeadlineMs === NEVER) this.#dial(nowMs);
  }

  /** Opens a connection; what it is to hear of the turns so far waits for it. */
  #dial(nowMs: number): void {
    this.#redial.dialled();
    this.#isProven = false;
    this.#isVendorOpen = false;
    this.#line.dial();
    for (const turn of this.#turns) {
      turn.sentAgain();
      turn.settleMs = NEVER;
      for (const samples of turn.audio) this.#line.send(samples, nowMs);
      if (turn.isFinished) this.#line.endTurn(nowMs);
    }
  }

  #take(event: HeardEvent, head: CallerTurn | undefined, nowMs: number): void {
    switch (event.kind) {
      case 'started':
        this.#isVendorOpen = true;
        if (this.#isVendors) this.#listener.vendorStarted(nowMs);
        return;
      case 'words':
        head?.words(event.text);
        return this.#show(head);
      case 'fixed':
        head?.fix(event.text);
        return this.#show(head);
      case 'ended':
        this.#isVendorOpen = false;
        head?.fix(event.text);
        if (head?.isFinished === true || this.#isVendors) this.#settle(nowMs);
        else this.#show(head);
        return;
      default:
        return;
    }
  }

  #show(turn: CallerTurn | undefined): void {
    if (turn !== undefined && turn.text !== '') this.#listener.hearing(turn.text);
  }

  /** The words of the oldest turn are as they are. */
  #settle(nowMs: number): void {
    const turn = this.#turns.shift();
    if (turn === undefined) return;
    this.#quietMs = NEVER;
    this.#line.used(nowMs);
    this.#listener.heard(turn.text, turn.lengthMs, nowMs);
  }

  /** The end was asked for, and has not come. */
  #impatient(turn: CallerTurn, nowMs: number): void {
    turn.settleMs = NEVER;
    // Without any word it may be that there were none, or that nobody is there.
    if (turn.text === '' && !turn.hasSign) return;
    const isLeftOpen = this.#isVendorOpen;
    // Its turn must not go on into the next one.
    if (isLeftOpen) this.#hangUp();
    this.#settle(nowMs);
    if (isLeftOpen && this.#turns.length > 0) this.#dialIfNeeded(nowMs);
  }

  /** No audio has come for a while, where the vendor finds the turns. */
  #quiet(nowMs: number): void {
    this.#quietMs = NEVER;
    if (this.#isVendorOpen) return this.finished(nowMs);
    this.#turns = [];
    this.#line.used(nowMs);
  }

  #lost(nowMs: number): void {
    this.#hangUp();
    const head = this.#turns[0];
    // A service that hangs up whenever a turn is ended has understood it all the same.
    if (head?.isFinished === true && ++head.losses > 1 && head.text !== '') this.#settle(nowMs);
    if (this.#turns.length === 0) return this.#redial.restart();
    if (this.#redial.lost(nowMs) === 'given-up') this.#giveUp('agent-unavailable', nowMs);
  }

  #giveUp(code: string, nowMs: number): void {
    this.#turns = [];
    this.#quietMs = NEVER;
    this.#hangUp();
    // What comes next begins anew.
    this.#redial.restart();
    this.#listener.unavailable(code, 'What you said could not be heard.', nowMs);
  }

  #hangUp(): void {
    this.#line.hangUp();
    this.#isVendorOpen = false;
  }

  #await(turn: CallerTurn, nowMs: number): void {
    turn.settleMs = nowMs + this.#options.dialect.patienceMs;
  }
}
