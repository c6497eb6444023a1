// A speaker that plays into a recording: what the caller would have heard, sample by sample since the call began.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { samplesToMs } from '../../core/media/units.ts';
import type { Playback } from '../session/playback.ts';

/** A sample from this size on can be heard: −50 dBFS, well below the noise of a quiet room on a recording. */
export const AUDIBLE_SAMPLE = 100;

/** First capacity of the recording: one minute; it doubles from there. */
const FIRST_CAPACITY_SAMPLES = 60 * ENGINE_RATE_HZ;

export class VirtualSpeaker {
  readonly #player: Playback;
  readonly #block: Int16Array;
  readonly #heard: (generation: number, atMs: number) => void;
  #recording = new Int16Array(FIRST_CAPACITY_SAMPLES);
  #length = 0;
  /** The newest generation of which something audible was played; −1 before the first. */
  #audibleGeneration = -1;

  /** `heard` is told when the first audible sample of each generation sounds. */
  constructor(
    player: Playback,
    blockSamples: number,
    heard: (generation: number, atMs: number) => void,
  ) {
    this.#player = player;
    this.#block = new Int16Array(blockSamples);
    this.#heard = heard;
  }

  /** Plays the next block, whose first sample sounds at this time. */
  play(atMs: number): void {
    const played = this.#player.pull(this.#block);
    this.#record();
    const { generation } = this.#player.status;
    if (played === 0 || generation === this.#audibleGeneration) return;
    const first = this.#block.findIndex((sample) => Math.abs(sample) >= AUDIBLE_SAMPLE);
    if (first < 0) return;
    this.#audibleGeneration = generation;
    this.#heard(generation, atMs + samplesToMs(first, ENGINE_RATE_HZ));
  }

  /** Everything played so far, at 16 kHz. */
  recording(): Int16Array {
    return this.#recording.slice(0, this.#length);
  }

  #record(): void {
    if (this.#length + this.#block.length > this.#recording.length) {
      const grown = new Int16Array(2 * this.#recording.length);
      grown.set(this.#recording);
      this.#recording = grown;
    }
    this.#recording.set(this.#block, this.#length);
    this.#length += this.#block.length;
  }
}
