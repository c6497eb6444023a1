// Cuts 16 kHz audio into the scorer's windows, the same ones however the audio was packed.

import type { ConversationConfig } from '../conversation/config.ts';
import { msToSamples } from '../media/units.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from './scorer.ts';

/** Hears of every sample once, in order, as part of a window or of a skipped stretch. */
export interface WindowSink {
  /** WINDOW_SAMPLES samples to score; the array is valid during the call only. */
  window(startSample: number, samples: Int16Array): void;
  /** Lost audio that nobody may score; at most a window long unless skipped. */
  missing(fromSample: number, toSample: number): void;
  /** Intended silence that is not worth scoring. */
  silence(fromSample: number, toSample: number): void;
  /** The model forgets what came before this sample: what follows has nothing to do with it, or it has rung out unheard. */
  restart(atSample: number): void;
}

/** What the samples between two stretches of audio are. */
type Stretch =
  /** Audio, or zeros too short to matter. */
  | 'windowed'
  /** Zeros that go on for longer than `gapResetMs`. */
  | 'skipped-silence'
  | 'skipped-gap';

/** State of a windower. */
export interface WindowerSnapshot {
  readonly position?: number | undefined;
  readonly samples?: Int16Array | undefined;
  readonly zeroRunSamples?: number | undefined;
  readonly stretch?: Stretch | undefined;
  readonly skippedFrom?: number | undefined;
  readonly windowMissing?: boolean | undefined;
  readonly afterMissing?: boolean | undefined;
}

/**
 * Windows follow one another without overlap from the first sample on; after a skipped stretch they begin anew with
 * the sample after it. A gap is given whole, in one call. Nothing is allocated after construction, except by `snapshot`.
 */
export class Windower {
  readonly #sink: WindowSink;
  readonly #window = new Int16Array(WINDOW_SAMPLES);
  #gapScoredSamples = 0;
  #gapResetSamples = 0;
  /** Samples of the unfinished window that are filled. */
  #fill = 0;
  /** The unfinished window has samples of a gap that is too long to score. */
  #windowMissing = false;
  /** The last whole window was missing. */
  #afterMissing = false;
  #position = 0;
  /** Zeros, meant or lost, since the last audio. */
  #zeroRunSamples = 0;
  #stretch: Stretch = 'windowed';
  /** First sample of a skipped stretch that the sink has not heard of. */
  #skippedFrom = 0;

  constructor(config: ConversationConfig, sink: WindowSink) {
    this.#sink = sink;
    this.configure(config);
  }

  /** Takes `gapScoredMs` and `gapResetMs`. */
  configure(config: ConversationConfig): void {
    this.#gapScoredSamples = msToSamples(config.gapScoredMs, SCORER_RATE_HZ);
    this.#gapResetSamples = msToSamples(config.gapResetMs, SCORER_RATE_HZ);
  }

  /** Samples taken so far. */
  get position(): number {
    return this.#position;
  }

  /** Takes `samples[offset … offset + length)`. */
  audio(samples: Int16Array, offset: number, length: number): void {
    if (length <= 0) return;
    if (this.#stretch !== 'windowed') this.#resume();
    this.#zeroRunSamples = 0;
    for (let index = offset; index < offset + length; index++) {
      this.#window[this.#fill] = samples[index]!;
      this.#fill++;
      this.#position++;
      if (this.#fill === WINDOW_SAMPLES) this.#emit();
    }
  }

  /** Takes `spanSamples` of intended silence. */
  silence(spanSamples: number): void {
    this.#zeros(spanSamples, false);
  }

  /** Takes one whole gap: audio that was lost. */
  gap(spanSamples: number): void {
    this.#zeros(spanSamples, spanSamples > this.#gapScoredSamples);
  }

  /** Begins anew with the next sample: it has nothing to do with those before. */
  restart(): void {
    if (this.#fill > 0) this.#sink.missing(this.#position - this.#fill, this.#position);
    this.#fill = 0;
    this.#windowMissing = false;
    this.#zeroRunSamples = 0;
    this.#resume();
  }

  snapshot(): WindowerSnapshot {
    return {
      position: this.#position,
      samples: this.#window.slice(0, this.#fill),
      zeroRunSamples: this.#zeroRunSamples,
      stretch: this.#stretch,
      skippedFrom: this.#skippedFrom,
      windowMissing: this.#windowMissing,
      afterMissing: this.#afterMissing,
    };
  }

  restore(snapshot: WindowerSnapshot): void {
    const samples = snapshot.samples ?? new Int16Array(0);
    this.#position = snapshot.position ?? 0;
    this.#window.set(samples);
    this.#fill = samples.length;
    this.#zeroRunSamples = snapshot.zeroRunSamples ?? 0;
    this.#stretch = snapshot.stretch ?? 'windowed';
    this.#skippedFrom = snapshot.skippedFrom ?? this.#position;
    this.#windowMissing = snapshot.windowMissing ?? false;
    this.#afterMissing = snapshot.afterMissing ?? false;
  }

  #zeros(spanSamples: number, missing: boolean): void {
    let left = spanSamples;
    while (left > 0 && this.#stretch === 'windowed') {
      if (this.#zeroRunSamples >= this.#gapResetSamples) this.#beginSkipping(missing);
      else left -= this.#windowZeros(left, missing);
    }
    if (left > 0) this.#skip(left, missing);
  }

  /** Puts zeros into the unfinished window, as many as the window and `gapResetMs` allow; returns how many. */
  #windowZeros(most: number, missing: boolean): number {
    const room = WINDOW_SAMPLES - this.#fill;
    const zeros = Math.min(most, room, this.#gapResetSamples - this.#zeroRunSamples);
    this.#window.fill(0, this.#fill, this.#fill + zeros);
    this.#windowMissing ||= missing;
    this.#zeroRunSamples += zeros;
    this.#fill += zeros;
    this.#position += zeros;
    if (this.#fill === WINDOW_SAMPLES) this.#emit();
    return zeros;
  }

  /**
   * After missing windows the model begins anew: left as it is, it goes on hearing the speech from before a gap for up
   * to five windows of noise after it, and a turn would end that much later.
   */
  #emit(): void {
    const startSample = this.#position - WINDOW_SAMPLES;
    const missing = this.#windowMissing;
    const forget = this.#afterMissing && !missing;
    this.#fill = 0;
    this.#windowMissing = false;
    this.#afterMissing = missing;
    if (forget) this.#sink.restart(startSample);
    if (missing) this.#sink.missing(startSample, this.#position);
    else this.#sink.window(startSample, this.#window);
  }

  /** The unfinished window holds zeros only (`gapResetMs` exceeds a window): it is skipped with the rest. */
  #beginSkipping(missing: boolean): void {
    this.#skippedFrom = this.#position - this.#fill;
    this.#fill = 0;
    this.#windowMissing = false;
    this.#stretch = missing ? 'skipped-gap' : 'skipped-silence';
  }

  /** Tells the sink in whole windows, so that how the stretch was packed does not show. */
  #skip(spanSamples: number, missing: boolean): void {
    const stretch: Stretch = missing ? 'skipped-gap' : 'skipped-silence';
    if (stretch !== this.#stretch) {
      this.#tellSkipped(this.#position);
      this.#stretch = stretch;
    }
    this.#position += spanSamples;
    const windows = Math.floor((this.#position - this.#skippedFrom) / WINDOW_SAMPLES);
    this.#tellSkipped(this.#skippedFrom + windows * WINDOW_SAMPLES);
  }

  #tellSkipped(toSample: number): void {
    const fromSample = this.#skippedFrom;
    if (toSample === fromSample) return;
    this.#skippedFrom = toSample;
    if (this.#stretch === 'skipped-gap') this.#sink.missing(fromSample, toSample);
    else this.#sink.silence(fromSample, toSample);
  }

  #resume(): void {
    if (this.#stretch !== 'windowed') this.#tellSkipped(this.#position);
    this.#stretch = 'windowed';
    this.#afterMissing = false;
    this.#sink.restart(this.#position);
  }
}
