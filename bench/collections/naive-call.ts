// The loop that everybody writes first: append, cut a window off, score it, trigger; every frame makes new arrays.

import { WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS } from '../../durable-objects/runtime/vad-kernel.ts';
import { loadKernel } from '../accuracy/kernel-builds.ts';
import { ANSWER, type CallUnderTest, FRAME_SAMPLES } from './call.ts';

/** 18 windows, as long as the engine's hangover. */
const QUIET_WINDOWS = 18;

/** The control of the benchmark: the same kernel finds the same turns, and nobody thought of memory. */
export class NaiveCall implements CallUnderTest {
  readonly #kernel = loadKernel('f32-plain');
  readonly #state = new Float32Array(VAD_STATE_FLOATS);
  #waiting = new Float32Array();
  #turn = new Float32Array();
  #answer: Int16Array[] = [];
  #quietWindows = 0;
  turns = 0;

  get isAnswering(): boolean {
    return this.#answer.length > 0;
  }

  frame(voice: Int16Array, offset: number): void {
    const frame = Array.from(
      voice.slice(offset, offset + FRAME_SAMPLES),
      (sample) => sample / 2 ** 15,
    );
    this.#waiting = Float32Array.from([...this.#waiting, ...frame]);
    this.#answer.shift();
    while (this.#waiting.length >= WINDOW_SAMPLES) {
      this.#hear(this.#waiting.slice(0, WINDOW_SAMPLES));
      this.#waiting = this.#waiting.slice(WINDOW_SAMPLES);
    }
  }

  #hear(window: Float32Array): void {
    const samples = Int16Array.from(window, (sample) => sample * 2 ** 15);
    const isSpeech = this.#kernel.score(samples, 0, this.#state) >= 0.5;
    this.#quietWindows = isSpeech ? 0 : this.#quietWindows + 1;
    if (!isSpeech && this.#turn.length === 0) return;
    this.#turn = Float32Array.from([...this.#turn, ...window]);
    if (this.#quietWindows < QUIET_WINDOWS) return;
    this.#turn = new Float32Array();
    this.turns++;
    this.#answer = Array.from({ length: ANSWER.length / FRAME_SAMPLES }, (_, index) =>
      ANSWER.slice(index * FRAME_SAMPLES, (index + 1) * FRAME_SAMPLES),
    );
  }
}
