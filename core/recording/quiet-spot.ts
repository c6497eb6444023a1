// Finds the place in a stretch of speech where a cut is heard least.

import type { SpeechSource } from './speech-source.ts';

/** A cut is judged by what lies 5 ms to either side of it. */
const WINDOW_SAMPLES = 160;
/** Places are tried 2.5 ms apart. */
const STEP_SAMPLES = 40;
/** Longest stretch that is searched: a report's interval, and a half more. */
const SEARCH_SAMPLES = 4800;

/** The position in [from, to] with the least energy around it; the first of several. `from` when nothing is stored there. */
export function quietestPosition(speech: SpeechSource, from: number, to: number): number {
  const last = Math.min(to, from + SEARCH_SAMPLES);
  const start = Math.max(0, from - WINDOW_SAMPLES / 2);
  const samples = new Int16Array(last - start + WINDOW_SAMPLES / 2);
  const length = speech.copyTo(start, samples, 0, samples.length);
  let quietest = from;
  let leastEnergy = Number.POSITIVE_INFINITY;
  for (let position = from; position <= last; position += STEP_SAMPLES) {
    const centre = position - start;
    const first = Math.max(0, centre - WINDOW_SAMPLES / 2);
    const end = Math.min(length, centre + WINDOW_SAMPLES / 2);
    let energy = 0;
    for (let index = first; index < end; index++) energy += samples[index]! ** 2;
    if (energy >= leastEnergy) continue;
    leastEnergy = energy;
    quietest = position;
  }
  return quietest;
}
