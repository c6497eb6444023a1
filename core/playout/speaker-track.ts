// What the client's speaker played at each moment of its microphone's time, as its reports tell.

import type { FarEnd } from '../voice/echo-guard.ts';
import type { Downlink, PlaybackPosition } from './downlink.ts';
import { linePosition, sentEndPosition } from './segments.ts';

/** Most samples asked for at once. */
const MOST_SAMPLES = 256;

/** A player that is at the same sample so long after (40 ms) stands still. */
const STILL_SAMPLES = 640;

/** Reports come five times a second: playing began no longer than so (500 ms) before the first of a run. */
const UNREPORTED_SAMPLES = 8000;

/** After a release a report is waited for as long as this (1 s). */
const AWAITED_SAMPLES = 16_000;

/** No generation. */
const NONE = -1;

/** State of a track. */
export interface SpeakerTrackSnapshot {
  readonly anchorSample: number;
  readonly anchorPosition: number;
  readonly generation: number;
  readonly startSample: number;
  readonly endSample: number;
  readonly lastSample: number;
  readonly awaitedToSample: number;
  readonly correctedSample: number;
  readonly holding: boolean;
}

/**
 * One run of playing at a time: from its start on, sample for sample along the speech line, through the utterances as
 * they were sent. Samples count the microphone's time, positions the speech line, both at 16 kHz.
 */
export class SpeakerTrack implements FarEnd {
  readonly #downlink: Downlink;
  readonly #played = new Int16Array(MOST_SAMPLES);
  /** The speaker played this position at this sample, as was last reported. */
  #anchorSample = 0;
  #anchorPosition = 0;
  #generation = NONE;
  #startSample = 0;
  /** Infinity while playing goes on. */
  #endSample = 0;
  /** What has been asked for. */
  #lastSample = 0;
  #awaitedToSample = 0;
  #correctedSample = Number.POSITIVE_INFINITY;
  #holding = false;

  constructor(downlink: Downlink) {
    this.#downlink = downlink;
  }

  get unsure(): boolean {
    return this.#awaitedToSample > this.#lastSample;
  }

  /** A report came: the speaker was there when the microphone was at `sample`. */
  reported(position: PlaybackPosition, sample: number): void {
    const segment = this.#downlink.segment(position.generation);
    if (segment === null) return;
    const line = linePosition(segment, position.playedSamples);
    const isNews = line !== this.#anchorPosition || position.generation !== this.#generation;
    if (this.#isPlaying) {
      if (!isNews && sample - this.#anchorSample >= STILL_SAMPLES) this.#endSample = sample;
    } else if (isNews) {
      this.#awaitedToSample = 0;
      const played = Math.min(UNREPORTED_SAMPLES, line - segment.startPosition);
      this.#startSample = Math.max(this.#endSample, sample - played);
      this.#correctedSample = this.#startSample;
      this.#endSample = Number.POSITIVE_INFINITY;
    }
    this.#anchorSample = sample;
    this.#anchorPosition = line;
    this.#generation = position.generation;
  }

  /** The speaker fell silent at `sample`: it is held, or cleared. */
  stopped(position: PlaybackPosition, sample: number): void {
    this.#awaitedToSample = 0;
    if (this.#isPlaying) this.#endSample = Math.max(this.#startSample, sample);
    const segment = this.#downlink.segment(position.generation);
    if (segment === null) return;
    this.#anchorSample = sample;
    this.#anchorPosition = linePosition(segment, position.playedSamples);
    this.#generation = position.generation;
  }

  playedBefore(sample: number, into: Float64Array): boolean {
    this.#lastSample = Math.max(this.#lastSample, sample);
    this.#noticeRelease();
    const wanted = into.length;
    const from = sample - wanted;
    into.fill(0);
    if (sample <= this.#startSample || from >= this.#endSample) return false;
    const position = this.#anchorPosition + from - this.#anchorSample;
    const sentTo = this.#sentTo;
    if (this.#isPlaying && position + wanted > sentTo) this.#endSample = sample;
    const skipped = Math.max(0, this.#startSample - from, -position);
    const length = Math.min(wanted, this.#endSample - from, sentTo - position) - skipped;
    if (length <= 0) return false;
    const copied = this.#downlink.copySpeech(position + skipped, this.#played, length);
    for (let index = 0; index < copied; index++) into[skipped + index] = this.#played[index]!;
    return copied > 0;
  }

  takeCorrection(): number {
    const sample = this.#correctedSample;
    this.#correctedSample = Number.POSITIVE_INFINITY;
    return sample;
  }

  snapshot(): SpeakerTrackSnapshot {
    return {
      anchorSample: this.#anchorSample,
      anchorPosition: this.#anchorPosition,
      generation: this.#generation,
      startSample: this.#startSample,
      endSample: this.#endSample,
      lastSample: this.#lastSample,
      awaitedToSample: this.#awaitedToSample,
      correctedSample: this.#correctedSample,
      holding: this.#holding,
    };
  }

  restore(snapshot: SpeakerTrackSnapshot): void {
    this.#anchorSample = snapshot.anchorSample;
    this.#anchorPosition = snapshot.anchorPosition;
    this.#generation = snapshot.generation;
    this.#startSample = snapshot.startSample;
    this.#endSample = snapshot.endSample;
    this.#lastSample = snapshot.lastSample;
    this.#awaitedToSample = snapshot.awaitedToSample;
    this.#correctedSample = snapshot.correctedSample;
    this.#holding = snapshot.holding;
  }

  get #isPlaying(): boolean {
    return this.#endSample === Number.POSITIVE_INFINITY;
  }

  /** Where the speech ends that the client can have. */
  get #sentTo(): number {
    const segment = this.#downlink.newestSegment;
    return segment === null ? this.#anchorPosition : sentEndPosition(segment);
  }

  /** The speaker goes on about now, from where it will say itself. */
  #noticeRelease(): void {
    const { holding } = this.#downlink;
    if (this.#holding && !holding && this.#downlink.speaking) {
      this.#endSample = Math.min(this.#endSample, this.#lastSample);
      this.#awaitedToSample = this.#lastSample + AWAITED_SAMPLES;
    }
    this.#holding = holding;
  }
}
