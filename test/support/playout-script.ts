// Feeds an isochronous buffer from a table of arrivals and keeps what came out, and of what it was made.

import {
  IsochronousBuffer,
  type OutputKind,
  type PlayoutProbe,
} from '../../core/jitter/isochronous-buffer.ts';
import type { PlayoutTuning } from '../../core/jitter/playout-tuning.ts';

/** A frame of 20 ms as it arrives; what is not given follows from its number. */
export interface Arrival {
  readonly atMs: number;
  readonly number: number;
  /** Samples since the first frame. */
  readonly position?: number;
  readonly length?: number;
}

/** How the buffer is made and pulled. */
export interface PlayoutScriptOptions {
  readonly rateHz?: number;
  readonly pullMs?: number;
  readonly capacityFrames?: number;
  readonly originMs?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  /** The sample at each position; a hum by default. */
  readonly speech?: (position: number) => number;
  readonly tuning?: Partial<PlayoutTuning>;
}

/** A piece of output, as the probe was told. */
export interface Piece {
  readonly kind: OutputKind;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** A voice of 125 Hz at 16 kHz, with a slow swell so that no two periods are the same. */
export function hum(position: number): number {
  const phase = position % 128;
  const ramp = phase < 64 ? phase : 128 - phase;
  return (ramp - 32) * (60 + (Math.floor(position / 128) % 50));
}

export class PlayoutScript implements PlayoutProbe {
  readonly buffer: IsochronousBuffer;
  readonly rateHz: number;
  readonly frameSamples: number;
  readonly pieces: Piece[] = [];
  readonly heard: number[] = [];
  /** Delay after every pull, ms. */
  readonly delaysMs: number[] = [];
  readonly #options: PlayoutScriptOptions;
  readonly #out: Int16Array;
  readonly #frame: Int16Array;
  #nowMs = 0;
  #next = 0;

  constructor(options: PlayoutScriptOptions = {}) {
    const { rateHz = 16_000, pullMs = 10, capacityFrames = 256, tuning } = options;
    this.#options = options;
    this.rateHz = rateHz;
    this.frameSamples = rateHz / 50;
    this.#out = new Int16Array((rateHz * pullMs) / 1000);
    this.#frame = new Int16Array(2 * this.frameSamples);
    this.buffer = new IsochronousBuffer({
      rateHz,
      frameSamples: this.frameSamples,
      capacityFrames,
      tuning,
      probe: this,
    });
  }

  made(kind: OutputKind, length: number, from: number, to: number): void {
    this.pieces.push({ kind, length, from, to });
  }

  /** Hands over one frame. */
  insert({ atMs, number, position, length = this.frameSamples }: Arrival) {
    const at = position ?? number * this.frameSamples;
    const { firstSequence = 0, firstTimestamp = 0, speech = hum, originMs = 0 } = this.#options;
    for (let index = 0; index < length; index++) this.#frame[index] = speech(at + index);
    const sequence = (firstSequence + number) >>> 0;
    const timestamp = (firstTimestamp + at) >>> 0;
    return this.buffer.insert(sequence, timestamp, this.#frame, 0, length, originMs + atMs);
  }

  /** Plays until `untilMs`; arrivals are in order of time and may be given in parts. */
  run(arrivals: readonly Arrival[], untilMs: number): void {
    const { pullMs = 10, originMs = 0 } = this.#options;
    this.#next = 0;
    for (; this.#nowMs < untilMs; this.#nowMs += pullMs) {
      while (this.#next < arrivals.length && arrivals[this.#next]!.atMs <= this.#nowMs) {
        this.insert(arrivals[this.#next++]!);
      }
      this.buffer.pull(this.#out, 0, this.#out.length, originMs + this.#nowMs);
      for (const sample of this.#out) this.heard.push(sample);
      this.delaysMs.push(this.buffer.delayMs);
    }
  }

  /** Ms of output of a kind. */
  totalMs(kind: OutputKind): number {
    const samples = this.pieces
      .filter((piece) => piece.kind === kind)
      .reduce((sum, { length }) => sum + length, 0);
    return (samples * 1000) / this.rateHz;
  }
}

/** Frames sent every 20 ms, each late by what `delayMs` says; null for lost. In order of arrival. */
export function arrivalsOf(
  frames: number,
  delayMs: (number: number) => number | null,
  periodMs = 20,
): Arrival[] {
  return Array.from({ length: frames }, (_, number) => number)
    .flatMap((number) => {
      const delay = delayMs(number);
      return delay === null ? [] : [{ number, atMs: number * periodMs + delay }];
    })
    .sort((a, b) => a.atMs - b.atMs || a.number - b.number);
}

/** Delay of a frame behind a stall that lasts until `endMs` after its first frame `from` was sent. */
export function stalled(number: number, from: number, lengthMs: number): number {
  return number < from ? 0 : Math.max(0, lengthMs - 20 * (number - from));
}
