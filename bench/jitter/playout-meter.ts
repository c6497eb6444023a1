// Measures what came out of a jitter buffer against what went in; it believes none of the buffer's own counters.

import type { OutputKind, PlayoutProbe } from '../../core/jitter/isochronous-buffer.ts';
import { isPause, type SpeechLoop } from './speech-loop.ts';

/** What is left of a pause that is cut. */
const PAUSE_LEFT_MS = 60;

/** Concealment this long is an interruption. */
const INTERRUPTION_MS = 150;

/** A pause is followed so far to either side. */
const LONGEST_PAUSE_BLOCKS = 1000;

/** Output is looked at in slots of 10 ms. */
const SLOT_MS = 10;

/** Times are ms since the first frame was sent; positions are samples of the stream. */
export class PlayoutMeter implements PlayoutProbe {
  /** When the first sample of each frame was played, NaN for never. */
  readonly playedAtMs: Float64Array;
  /** When a concealment became an interruption. */
  readonly interruptionsAtMs: number[] = [];
  /** Of each slot of output, ms: concealed, made of received audio, put in, left out, and the audio that it is made of. */
  readonly concealedMs: Float64Array;
  readonly madeMs: Float64Array;
  readonly insertedMs: Float64Array;
  readonly removedMs: Float64Array;
  readonly contentMs: Float64Array;
  /** Passed over at each slot, ms: neither played nor paid for by concealment, and no pause that may be cut. */
  readonly unplayedMs: Float64Array;
  readonly #speech: SpeechLoop;
  readonly #samplesPerMs: number;
  #outMs = 0;
  #runMs = 0;
  #end = 0;
  #pauseStart = -1;
  #pauseCutMs = 0;

  /** Room for so much output. */
  constructor(speech: SpeechLoop, frames: number, outputMs: number) {
    const slots = Math.ceil(outputMs / SLOT_MS) + 1;
    this.#speech = speech;
    this.#samplesPerMs = speech.rateHz / 1000;
    this.playedAtMs = new Float64Array(frames).fill(Number.NaN);
    this.concealedMs = new Float64Array(slots);
    this.madeMs = new Float64Array(slots);
    this.insertedMs = new Float64Array(slots);
    this.removedMs = new Float64Array(slots);
    this.contentMs = new Float64Array(slots);
    this.unplayedMs = new Float64Array(slots);
  }

  /** The next output comes out at this time. */
  at(outMs: number): void {
    this.#outMs = Math.max(this.#outMs, outMs);
  }

  made(kind: OutputKind, length: number, fromPosition: number, toPosition: number): void {
    const lengthMs = length / this.#samplesPerMs;
    if (kind === 'concealed') this.#concealed(lengthMs);
    else this.#played(kind, lengthMs, fromPosition, toPosition);
    this.#outMs += lengthMs;
  }

  #concealed(lengthMs: number): void {
    const before = this.#runMs;
    this.#runMs += lengthMs;
    this.concealedMs[this.#slot(this.#outMs)]! += lengthMs;
    if (before < INTERRUPTION_MS && this.#runMs >= INTERRUPTION_MS) {
      this.interruptionsAtMs.push(this.#outMs);
    }
  }

  #played(kind: OutputKind, lengthMs: number, from: number, to: number): void {
    const slot = this.#slot(this.#outMs);
    const contentMs = (to - from) / this.#samplesPerMs;
    const gainMs = contentMs - lengthMs;
    const skippedMs = (from - this.#end) / this.#samplesPerMs;
    if (skippedMs > 0) this.unplayedMs[slot]! += Math.max(0, skippedMs - this.#runMs);
    this.#runMs = 0;
    this.#end = to;
    if (gainMs > 0) this.removedMs[slot]! += gainMs;
    else this.insertedMs[slot]! -= gainMs;
    if (kind === 'cut') this.unplayedMs[slot]! += this.#badlyCutMs(from, to, gainMs);
    this.#spread(lengthMs, kind === 'cut' ? lengthMs : contentMs);
    this.#notePlays(lengthMs, from, to);
  }

  /** Lays content out over the slots of the output that was made of it. */
  #spread(lengthMs: number, contentMs: number): void {
    let atMs = this.#outMs;
    const endMs = atMs + lengthMs;
    while (atMs < endMs - 1e-6) {
      const slot = this.#slot(atMs + 1e-6);
      const partMs = Math.min(endMs, (slot + 1) * SLOT_MS) - atMs;
      if (partMs <= 0) return;
      this.madeMs[slot]! += partMs;
      this.contentMs[slot]! += (contentMs * partMs) / lengthMs;
      atMs += partMs;
    }
  }

  #notePlays(lengthMs: number, from: number, to: number): void {
    const { frameSamples } = this.#speech;
    const last = Math.min(this.playedAtMs.length, Math.ceil(to / frameSamples));
    for (let frame = Math.ceil(from / frameSamples); frame < last; frame++) {
      const share = (frame * frameSamples - from) / (to - from);
      this.playedAtMs[frame] = this.#outMs + share * lengthMs;
    }
  }

  /** What was left out although it was no pause, or belonged to the 60 ms that must be left of one. */
  #badlyCutMs(from: number, to: number, cutMs: number): number {
    const step = this.#speech.blockSamples;
    for (let position = step * Math.ceil(from / step); position + step <= to; position += step) {
      if (!isPause(this.#speech, position)) return cutMs;
    }
    let start = from;
    while (
      start >= step &&
      isPause(this.#speech, start - step) &&
      start > from - LONGEST_PAUSE_BLOCKS * step
    )
      start -= step;
    let end = to;
    while (isPause(this.#speech, end) && end < to + LONGEST_PAUSE_BLOCKS * step) end += step;
    if (start !== this.#pauseStart) this.#pauseCutMs = 0;
    this.#pauseStart = start;
    this.#pauseCutMs += cutMs;
    const leftMs = (end - start) / this.#samplesPerMs - this.#pauseCutMs;
    return Math.min(cutMs, Math.max(0, PAUSE_LEFT_MS - 2 * this.#blockMs() - leftMs));
  }

  #blockMs(): number {
    return this.#speech.blockSamples / this.#samplesPerMs;
  }

  #slot(outMs: number): number {
    return Math.min(this.concealedMs.length - 1, Math.floor(outMs / SLOT_MS));
  }
}
