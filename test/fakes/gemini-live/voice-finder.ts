// The API's own turn detection, as simple as can be: loud is speech, and enough silence ends it.

/** Mean square above which a message counts as speech (-30 dBFS). */
const SPEECH_ENERGY = 1000 ** 2;
const SAMPLES_PER_MS = 16;

export interface VoiceFinderOptions {
  readonly prefixPaddingMs: number;
  readonly silenceDurationMs: number;
}

/** Counts in samples, not in time: a burst gives the same edges as a stream. */
export class VoiceFinder {
  readonly #options: VoiceFinderOptions;
  #speechSamples = 0;
  #silentSamples = 0;
  #isSpeaking = false;

  constructor(options: VoiceFinderOptions) {
    this.#options = options;
  }

  get isSpeaking(): boolean {
    return this.#isSpeaking;
  }

  /** Takes samples in; says whether speech began or ended with them. */
  take(samples: Int16Array): 'start' | 'end' | 'nothing' {
    let energy = 0;
    for (const sample of samples) energy += sample * sample;
    const isLoud = energy > SPEECH_ENERGY * samples.length;
    this.#speechSamples = isLoud ? this.#speechSamples + samples.length : 0;
    this.#silentSamples = isLoud ? 0 : this.#silentSamples + samples.length;
    const { prefixPaddingMs, silenceDurationMs } = this.#options;
    if (!this.#isSpeaking && isLoud && this.#speechSamples >= prefixPaddingMs * SAMPLES_PER_MS) {
      this.#isSpeaking = true;
      return 'start';
    }
    if (this.#isSpeaking && this.#silentSamples >= silenceDurationMs * SAMPLES_PER_MS) {
      return this.finish();
    }
    return 'nothing';
  }

  /** The stream has ended, and what was being said with it. */
  finish(): 'end' | 'nothing' {
    if (!this.#isSpeaking) return 'nothing';
    this.#isSpeaking = false;
    return 'end';
  }
}
