// Acts on the edges of speech: contests the floor, tells or drops turns, and says so to the client.

import { unreachable } from '../unreachable.ts';
import type { ClientSide } from './client-side.ts';
import type { Edge } from './edge-queue.ts';
import type { Floor, FloorVerdict } from './floor.ts';
import type { TurnRelay } from './turn-relay.ts';
import type { Uplink } from './uplink.ts';

/** Lifetime counters; the names are those of the statistics. */
export interface TurnCounters {
  turnsStarted: number;
  turnsEnded: number;
  turnsDropped: number;
}

/** Called once after every frame, when all parts agree about the same sample. */
export class TurnTaker {
  readonly counters: TurnCounters = { turnsStarted: 0, turnsEnded: 0, turnsDropped: 0 };
  readonly #uplink: Uplink;
  readonly #floor: Floor;
  readonly #relay: TurnRelay;
  readonly #client: ClientSide;
  readonly #committed: () => void;

  /** `committed` is called when something was told that must not be told again: the state is to be stored. */
  constructor(
    uplink: Uplink,
    floor: Floor,
    relay: TurnRelay,
    client: ClientSide,
    committed: () => void,
  ) {
    this.#uplink = uplink;
    this.#floor = floor;
    this.#relay = relay;
    this.#client = client;
    this.#committed = committed;
  }

  /** Takes the edges of the last frame, gives its audio, and decides a contested floor. */
  frameDone(nowMs: number): void {
    for (let edge = this.#uplink.takeEdge(); edge !== undefined; edge = this.#uplink.takeEdge()) {
      this.#act(edge, nowMs);
    }
    this.#relay.feed(nowMs);
    this.#weigh(nowMs);
  }

  /** Frames of a call that ends: nothing that begins is acted on any more. */
  ignoreFrame(): void {
    while (this.#uplink.takeEdge() !== undefined);
  }

  /** The call ends after its last word: the agent is not held any longer, and what was withheld is dropped. */
  giveUpFloor(nowMs: number): void {
    this.#apply(this.#floor.speechStopped(nowMs), nowMs);
  }

  /** The call ends now, and with it an open turn. */
  endTurn(nowMs: number): void {
    this.#uplink.voice.endTurn('ended');
    this.frameDone(nowMs);
  }

  /** The caller takes the floor by a button. */
  interrupt(nowMs: number): void {
    this.#apply(this.#floor.take(nowMs), nowMs);
  }

  #act(edge: Edge, nowMs: number): void {
    switch (edge.kind) {
      case 'speech-started':
        this.#postSpeech('started', edge.atSample);
        // Whoever presses a button to talk is not interrupting by talking.
        if (this.#uplink.voice.turnTaking === 'automatic') this.#floor.speechStarted();
        this.#weigh(nowMs);
        break;
      case 'speech-stopped':
        this.#postSpeech('stopped', edge.atSample);
        this.#apply(this.#floor.speechStopped(nowMs), nowMs);
        break;
      case 'turn-started':
        this.#turnStarted(edge, nowMs);
        break;
      case 'turn-ended':
        this.#turnEnded(edge, nowMs);
        break;
      case 'misfire':
        this.counters.turnsDropped++;
        this.#apply(this.#floor.speechStopped(nowMs), nowMs);
        break;
      default:
        unreachable(edge);
    }
  }

  #turnStarted(edge: Extract<Edge, { kind: 'turn-started' }>, nowMs: number): void {
    const { turn, startSample, continues } = edge;
    this.counters.turnsStarted++;
    this.#client.post({
      type: 'turn',
      state: 'started',
      turn,
      startTimestamp: this.#uplink.timestampAt(startSample),
      continues,
    });
    // Whoever presses a button to talk has decided already.
    if (this.#uplink.voice.turnTaking === 'manual') this.interrupt(nowMs);
    this.#relay.started({ turn, startSample, continues }, this.#floor.contested, nowMs);
    this.#committed();
  }

  #turnEnded(edge: Extract<Edge, { kind: 'turn-ended' }>, nowMs: number): void {
    this.#apply(this.#floor.speechStopped(nowMs), nowMs);
    const { turn, startSample, endSample, reason } = edge;
    if (!this.#relay.ended({ turn, startSample, endSample, reason }, nowMs)) return;
    this.counters.turnsEnded++;
    this.#client.post({
      type: 'turn',
      state: 'ended',
      turn,
      startTimestamp: this.#uplink.timestampAt(startSample),
      endTimestamp: this.#uplink.timestampAt(endSample),
      reason,
    });
    this.#committed();
  }

  #weigh(nowMs: number): void {
    this.#apply(this.#floor.heard(nowMs), nowMs);
  }

  #apply(verdict: FloorVerdict, nowMs: number): void {
    switch (verdict) {
      case 'undecided':
        break;
      case 'granted':
        this.#relay.grant(nowMs);
        this.#committed();
        break;
      case 'refused':
        // A turn that the agent knows of goes on; it was only the agent's own speech that was contested.
        if (!this.#relay.telling) this.#uplink.voice.dropTurn();
        this.#dropWithheld();
        break;
      default:
        unreachable(verdict);
    }
  }

  #dropWithheld(): void {
    const turn = this.#relay.withheldTurn;
    if (turn === null) return;
    this.#relay.forget();
    this.counters.turnsDropped++;
    this.#client.post({ type: 'turn', state: 'dropped', turn });
  }

  #postSpeech(state: 'started' | 'stopped', atSample: number): void {
    this.#client.post({ type: 'speech', state, timestamp: this.#uplink.timestampAt(atSample) });
  }
}
