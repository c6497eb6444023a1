// Renders the agent's track: its speech, bit for bit, where it was heard, and zeros for the rest.

import type { Run } from './runs.ts';
import type { SpeechSource } from './speech-source.ts';

/** Any stretch can be rendered at any time. 16 kHz, on the caller's time. */
export class AgentTrack {
  readonly #runs: readonly Run[];
  readonly #speech: SpeechSource;

  /** `runs` are in order and do not overlap. */
  constructor(runs: readonly Run[], speech: SpeechSource) {
    this.#runs = runs;
    this.#speech = speech;
  }

  /** Fills `into` with samples [from, from + into.length). */
  render(from: number, into: Int16Array): void {
    into.fill(0);
    const to = from + into.length;
    for (let index = this.#firstEndingAfter(from); index < this.#runs.length; index++) {
      const { sample, speechFrom, speechTo } = this.#runs[index]!;
      if (sample >= to) break;
      const start = Math.max(from, sample);
      const length = Math.min(to, sample + speechTo - speechFrom) - start;
      this.#copy(speechFrom + start - sample, into, start - from, length);
    }
  }

  /** What is lost stays silent, and what comes after it is in its place. */
  #copy(position: number, into: Int16Array, offset: number, length: number): void {
    const end = position + length;
    for (let at = position; at < end; ) {
      const copied = this.#speech.copyTo(at, into, offset + at - position, end - at);
      const next = this.#speech.lostTo(at + copied, end);
      if (copied === 0 && next === at) return;
      at = next;
    }
  }

  #firstEndingAfter(position: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { sample, speechFrom, speechTo } = this.#runs[middle]!;
      if (sample + speechTo - speechFrom > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
