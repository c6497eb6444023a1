// The player at the rate of any sound device: pulls exactly what a block of the device needs, and outlines what was heard.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { Resampler } from '../../core/media/resampler.ts';
import { Playback, type PlaybackOptions } from '../session/playback.ts';
import type { PlaybackStatus, PlayerAnswer } from '../session/player.ts';
import type { PlaybackState } from './call-statistics.ts';
import { COLUMN_SAMPLES, type PlaybackColumnNews } from './worklet-messages.ts';

/** Most frames rendered at once. */
const QUANTUM_FRAMES = 128;

/** Scale of 16-bit samples. */
const FULL_SCALE = 32_768;

/** A cleared sound does not stop in a step, which would click: its last sample fades for 4 ms. */
const FADE_SAMPLES = 64;

/**
 * Content stays at 16 kHz until its very end, where one resampler gives it the device's rate: positions are then those of
 * the content pulled, and `delayMs` later it has left. Nothing is allocated by `render`.
 */
export class SpeakerFeed {
  /** What the resampler holds back, in ms. */
  readonly delayMs: number;
  readonly #rateHz: number;
  readonly #startFrame: number;
  readonly #playback: Playback;
  readonly #resampler: Resampler;
  readonly #pulled: Int16Array;
  /** `#pulls[n]`: the first n samples of what is pulled. */
  readonly #pulls: readonly Int16Array[];
  readonly #output: Float32Array;
  /** Device frames that came out of the resampler and have not been asked for yet. */
  #heldFrames = 0;
  /** Device frames and content samples since a common second of both; together they say what is owed. */
  #frames = 0;
  #samples = 0;
  #isHeld = false;
  #fadingFrom = 0;
  #fadeLeft = 0;
  #lastSample = 0;
  #columnSamples = 0;
  #columnUnderruns = 0;
  #hasColumnPlayed = false;
  #columns = 0;
  readonly #column: PlaybackColumnNews;

  /** `startFrame` is the context's frame at which the first rendered block begins. Throws RangeError for an odd rate. */
  constructor(rateHz: number, startFrame: number, options: PlaybackOptions) {
    this.#rateHz = rateHz;
    this.#startFrame = startFrame;
    this.#playback = new Playback(options);
    this.#resampler = new Resampler(ENGINE_RATE_HZ, rateHz);
    const { delaySamples } = this.#resampler;
    this.delayMs = (delaySamples * 1000) / ENGINE_RATE_HZ;
    const mostPulled = Math.ceil((QUANTUM_FRAMES * ENGINE_RATE_HZ) / rateHz) + 1;
    this.#pulled = new Int16Array(Math.max(mostPulled, delaySamples));
    this.#pulls = Array.from({ length: mostPulled + 1 }, (_, n) => this.#pulled.subarray(0, n));
    this.#output = new Float32Array(
      2 * QUANTUM_FRAMES + this.#resampler.outputLimit(this.#pulled.length),
    );
    // Primed with silence, every sample pulled gives its share of output at once.
    this.#resampler.convert(this.#pulled, 0, delaySamples, this.#output, 0);
    this.#column = {
      type: 'column',
      frame: 0,
      low: 0,
      high: 0,
      state: 'silent',
      status: this.status,
    };
  }

  /** The player's position and counters. */
  get status(): PlaybackStatus {
    return this.#playback.status;
  }

  /** Whether a column is complete: `takeColumn` before the next block is rendered. */
  get hasColumn(): boolean {
    return this.#columnSamples >= COLUMN_SAMPLES;
  }

  receive(packet: Uint8Array): void {
    this.#playback.receive(packet);
  }

  hold(generation: number): void {
    this.#playback.hold(generation);
    this.#isHeld = true;
  }

  release(generation: number, fromSample: number): void {
    this.#playback.release(generation, fromSample);
    this.#isHeld = false;
  }

  clear(generation: number): void {
    this.#fadeFrom(() => this.#playback.clear(generation));
  }

  dropBelow(generation: number): void {
    this.#fadeFrom(() => this.#playback.dropBelow(generation));
  }

  takeAnswer(answer: PlayerAnswer): boolean {
    return this.#playback.takeAnswer(answer);
  }

  /** Fills `into`, at most 128 frames, −1 … 1. */
  render(into: Float32Array): void {
    const owed = this.#owed(into.length);
    if (owed > 0) this.#pull(owed);
    for (let index = 0; index < into.length; index++)
      into[index] = this.#output[index]! / FULL_SCALE;
    this.#output.copyWithin(0, into.length, this.#heldFrames);
    this.#heldFrames -= into.length;
  }

  /** The column just completed: one record for all, valid until the next call. */
  takeColumn(): PlaybackColumnNews {
    const column = this.#column;
    column.frame =
      this.#startFrame + (this.#columns * COLUMN_SAMPLES * this.#rateHz) / ENGINE_RATE_HZ;
    column.state = this.#state();
    return column;
  }

  /** Begins the next column. */
  nextColumn(): void {
    this.#columns++;
    this.#columnSamples -= COLUMN_SAMPLES;
    this.#columnUnderruns = this.status.underruns;
    this.#hasColumnPlayed = false;
    this.#column.low = 0;
    this.#column.high = 0;
  }

  /** Content samples without which `frames` more cannot be rendered. */
  #owed(frames: number): number {
    const last = this.#frames + frames - 1;
    const samples = Math.floor((last * ENGINE_RATE_HZ) / this.#rateHz) + 1;
    const owed = samples - this.#samples;
    this.#frames += frames;
    this.#samples = samples;
    if (this.#frames >= this.#rateHz) {
      this.#frames -= this.#rateHz;
      this.#samples -= ENGINE_RATE_HZ;
    }
    return owed;
  }

  #pull(count: number): void {
    const pull = this.#pulls[count]!;
    if (this.#playback.pull(pull) > 0) this.#hasColumnPlayed = true;
    for (let index = 0; index < count && this.#fadeLeft > 0; index++) {
      this.#fadeLeft--;
      pull[index]! += (this.#fadingFrom * this.#fadeLeft) / FADE_SAMPLES;
    }
    this.#lastSample = pull[count - 1]!;
    this.#outline(pull);
    this.#heldFrames += this.#resampler.convert(pull, 0, count, this.#output, this.#heldFrames);
  }

  #outline(pull: Int16Array): void {
    const column = this.#column;
    for (let index = 0; index < pull.length; index++) {
      const value = pull[index]! / FULL_SCALE;
      if (value < column.low) column.low = value;
      if (value > column.high) column.high = value;
    }
    this.#columnSamples += pull.length;
  }

  #state(): PlaybackState {
    if (this.status.underruns > this.#columnUnderruns) return 'starved';
    if (this.#hasColumnPlayed) return 'playing';
    return this.#isHeld ? 'held' : 'silent';
  }

  /** What is dropped while it sounds fades from its last sample. */
  #fadeFrom(drop: () => void): void {
    const wasPlaying = this.status.playing;
    drop();
    this.#isHeld = false;
    if (!wasPlaying || this.status.playing) return;
    this.#fadingFrom = this.#lastSample;
    this.#fadeLeft = FADE_SAMPLES;
  }
}
