// Sits between the agent's voice and the sound device: passes it on, and tells how loud each ms was.

import { type OutputPeaks, TAP_PROCESSOR } from './tap-messages.ts';

/** Told together. */
const PEAKS = 100;

class TapProcessor extends AudioWorkletProcessor {
  #fromMs = 0;
  #peaks: number[] = [];
  #ms = -1;

  override process([input]: readonly Float32Array[][], [output]: readonly Float32Array[][]) {
    const heard = input?.[0];
    const frames = output![0]!.length;
    if (heard !== undefined) output![0]!.set(heard);
    for (let index = 0; index < frames; index++) this.#take(index, heard?.[index] ?? 0);
    return true;
  }

  #take(index: number, sample: number): void {
    const ms = Math.floor(((currentFrame + index) * 1000) / sampleRate);
    if (ms !== this.#ms) this.#begin(ms);
    const last = this.#peaks.length - 1;
    this.#peaks[last] = Math.max(this.#peaks[last]!, Math.abs(sample));
  }

  #begin(ms: number): void {
    this.#ms = ms;
    if (this.#peaks.length === PEAKS) {
      const told: OutputPeaks = { fromMs: this.#fromMs, peaks: this.#peaks };
      this.port.postMessage(told);
      this.#peaks = [];
    }
    if (this.#peaks.length === 0) this.#fromMs = ms;
    this.#peaks.push(0);
  }
}

registerProcessor(TAP_PROCESSOR, TapProcessor);
