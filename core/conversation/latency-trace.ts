// Follows the answer to a turn through its stages, from the last word to the first sample heard.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { samplesToMs } from '../media/units.ts';
import type { TimelineLine } from '../recording/timeline-line.ts';

/** How long each stage took; null where one left no trace. */
export type Latency = Omit<Extract<TimelineLine, { type: 'latency' }>, 'type' | 'atMs'>;

/** State of a trace; times are ms since the conversation began. */
export interface LatencyTraceSnapshot {
  readonly turn?: number | undefined;
  readonly lastUtterance?: number | undefined;
  readonly endSample?: number | undefined;
  readonly decidedSample?: number | undefined;
  readonly toldMs?: number | undefined;
  readonly utterance?: number | null | undefined;
  readonly saidMs?: number | undefined;
  readonly sentMs?: number | null | undefined;
}

/** The turn that was told last, and the first utterance after it. Each turn has at most one answer. */
export class LatencyTrace {
  #turn = 0;
  #lastUtterance = 0;
  #endSample = 0;
  #decidedSample = 0;
  #toldMs = 0;
  #utterance: number | null = null;
  #saidMs = Number.NEGATIVE_INFINITY;
  #sentMs: number | null = null;

  /** A turn has ended at `endSample`; that was known at `decidedSample`. */
  turnEnded(turn: number, endSample: number, decidedSample: number, nowMs: number): void {
    this.#turn = turn;
    this.#endSample = endSample;
    this.#decidedSample = decidedSample;
    this.#toldMs = nowMs;
    // An agent may have answered before this is known here.
    if (this.#saidMs !== nowMs) this.#utterance = null;
    this.#sentMs = null;
  }

  /** The agent has given speech. */
  said(utterance: number, nowMs: number): void {
    if (utterance <= this.#lastUtterance) return;
    this.#lastUtterance = utterance;
    if (this.#utterance !== null && this.#turn !== 0) return;
    this.#utterance = utterance;
    this.#saidMs = nowMs;
  }

  /** The first packet of a generation of an utterance leaves. */
  sent(utterance: number, nowMs: number): void {
    if (utterance === this.#utterance) this.#sentMs ??= nowMs;
  }

  /**
   * The client has heard `playedMs` of an utterance when its microphone was at `uplinkSample` (null when it was not on).
   * Returns the latency when this is the first that was heard of the answer.
   */
  heard(
    utterance: number,
    playedMs: number,
    uplinkSample: number | null,
    nowMs: number,
  ): Latency | null {
    if (this.#turn === 0 || utterance !== this.#utterance || playedMs <= 0) return null;
    const spokenMs = uplinkSample === null ? null : samplesAsMs(uplinkSample - this.#endSample);
    const latency: Latency = {
      turn: this.#turn,
      utterance,
      detectMs: samplesAsMs(this.#decidedSample - this.#endSample),
      agentMs: this.#saidMs - this.#toldMs,
      sendMs: this.#sentMs === null ? null : this.#sentMs - this.#saidMs,
      playMs: this.#sentMs === null ? null : Math.max(0, nowMs - playedMs - this.#sentMs),
      totalMs: spokenMs === null ? null : spokenMs - playedMs,
    };
    this.#turn = 0;
    this.#utterance = null;
    return latency;
  }

  snapshot(): LatencyTraceSnapshot {
    return {
      turn: this.#turn,
      lastUtterance: this.#lastUtterance,
      endSample: this.#endSample,
      decidedSample: this.#decidedSample,
      toldMs: this.#toldMs,
      utterance: this.#utterance,
      saidMs: this.#saidMs,
      sentMs: this.#sentMs,
    };
  }

  restore(snapshot: LatencyTraceSnapshot): void {
    this.#turn = snapshot.turn ?? 0;
    this.#lastUtterance = snapshot.lastUtterance ?? 0;
    this.#endSample = snapshot.endSample ?? 0;
    this.#decidedSample = snapshot.decidedSample ?? 0;
    this.#toldMs = snapshot.toldMs ?? 0;
    this.#utterance = snapshot.utterance ?? null;
    this.#saidMs = snapshot.saidMs ?? Number.NEGATIVE_INFINITY;
    this.#sentMs = snapshot.sentMs ?? null;
  }
}

function samplesAsMs(samples: number): number {
  return samplesToMs(samples, ENGINE_RATE_HZ);
}
