// Puts the SFU's packets in order by their numbers, waits a little for one that is missing, and says what never came.

import { sequenceDelta } from '../../../core/media/serial.ts';
import type { SfuPacket } from './packet.ts';

/** A missing packet is given up when so many that follow it have come: at 20 ms each, the engine's own wait. */
const MOST_HELD = 3;

/** ... or after so long. */
const WAIT_MS = 60;

/** Numbers that differ by no more than this belong to the same count: the window in which the SFU re-dials, in frames of 10 ms. */
const SPAN = 1500;

/** Numbers that run on after a re-dial can be ahead of the clock by this much. */
const SLACK_MS = 500;

/** What must outlive the memory. */
export interface SequenceState {
  /** The number that is due; null before the first. */
  expected: number | null;
  /** Length and arrival of the last packet that was taken. */
  lastMs: number;
  lastLengthMs: number;
  /** Counts since the beginning. */
  lostPackets: number;
  discardedPackets: number;
  /** Times that the numbers began anew. */
  restarts: number;
}

/** What the order is told to. */
export interface SequenceListener {
  /** The next packet; `lost` of its predecessors never came. */
  packet(packet: SfuPacket, lost: number, nowMs: number): void;
  /** The numbers begin anew, and nothing came for so long before. */
  restarted(silentMs: number): void;
}

interface Held {
  readonly packet: SfuPacket;
  readonly atMs: number;
}

/** The state of a track of which nothing has come. */
export function newSequenceState(): SequenceState {
  return {
    expected: null,
    lastMs: 0,
    lastLengthMs: 0,
    lostPackets: 0,
    discardedPackets: 0,
    restarts: 0,
  };
}

/** Milliseconds of PCM at 48 kHz with two channels. */
export function lengthMsOf({ payload }: SfuPacket): number {
  return payload.length / 192;
}

/** Numbers wrap at 2³². After a re-dial they may run on or begin anywhere: what the clock allows is taken for running on. */
export class PacketOrder {
  readonly state: SequenceState;
  readonly #listener: SequenceListener;
  /** Came too early, by number. */
  readonly #held: Held[] = [];
  #isRedialled = false;

  constructor(state: SequenceState, listener: SequenceListener) {
    this.state = state;
    this.#listener = listener;
  }

  /** The next packet comes over another socket. */
  redialled(nowMs: number): void {
    this.#giveUp(nowMs);
    this.#isRedialled = this.state.expected !== null;
  }

  take(packet: SfuPacket, nowMs: number): void {
    const { state } = this;
    state.expected ??= packet.sequence;
    if (this.#isRestart(packet, nowMs)) this.#restart(packet, nowMs);
    this.#isRedialled = false;
    const ahead = sequenceDelta(packet.sequence, state.expected);
    if (ahead < 0 || this.#isHeld(packet.sequence)) {
      state.discardedPackets++;
      return;
    }
    if (ahead === 0) this.#pass(packet, nowMs);
    else this.#hold(packet, nowMs);
    this.#passHeld(nowMs);
    if (this.#held.length > MOST_HELD) this.#giveUpOne(nowMs);
  }

  /** Gives up what was waited for too long. */
  settle(nowMs: number): void {
    while (this.#held.length > 0 && nowMs >= this.deadlineMs) this.#giveUpOne(nowMs);
  }

  /** When `settle` has something to do; Infinity for never. */
  get deadlineMs(): number {
    const [first] = this.#held;
    return first === undefined ? Number.POSITIVE_INFINITY : first.atMs + WAIT_MS;
  }

  #isRestart(packet: SfuPacket, nowMs: number): boolean {
    const ahead = sequenceDelta(packet.sequence, this.state.expected!);
    if (!this.#isRedialled) return Math.abs(ahead) > SPAN;
    const aheadMs = ahead * this.state.lastLengthMs;
    return ahead < 0 || ahead > SPAN || aheadMs > nowMs - this.state.lastMs + SLACK_MS;
  }

  #restart(packet: SfuPacket, nowMs: number): void {
    this.#giveUp(nowMs);
    const { state } = this;
    state.restarts++;
    state.expected = packet.sequence;
    this.#listener.restarted(Math.max(0, nowMs - state.lastMs - lengthMsOf(packet)));
  }

  #pass(packet: SfuPacket, nowMs: number): void {
    const { state } = this;
    const lost = sequenceDelta(packet.sequence, state.expected!);
    state.lostPackets += lost;
    state.expected = (packet.sequence + 1) >>> 0;
    this.#listener.packet(packet, lost, nowMs);
    state.lastMs = nowMs;
    state.lastLengthMs = lengthMsOf(packet);
  }

  #isHeld(sequence: number): boolean {
    return this.#held.some(({ packet }) => packet.sequence === sequence);
  }

  #hold(packet: SfuPacket, atMs: number): void {
    const place = this.#held.findIndex(
      ({ packet: other }) => sequenceDelta(packet.sequence, other.sequence) < 0,
    );
    this.#held.splice(place < 0 ? this.#held.length : place, 0, { packet, atMs });
  }

  /** Passes on what is due. */
  #passHeld(nowMs: number): void {
    while (this.#held[0]?.packet.sequence === this.state.expected) {
      this.#pass(this.#held.shift()!.packet, nowMs);
    }
  }

  /** What is missing before the first that is held never comes. */
  #giveUpOne(nowMs: number): void {
    const first = this.#held.shift();
    if (first === undefined) return;
    this.#pass(first.packet, nowMs);
    this.#passHeld(nowMs);
  }

  #giveUp(nowMs: number): void {
    while (this.#held.length > 0) this.#giveUpOne(nowMs);
  }
}
