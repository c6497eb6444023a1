// Builds the sentence that a caller hears when the agent's vendor or backend cannot be had.

import { place, silence, soundingMs, speak } from './speech.ts';

const sentence = 'Sorry, I cannot answer right now. Please stay on the line, or try again later.';

/** Silence kept at both ends. */
const edgeMs = 30;

/** The recording at full precision, before its level is set. */
export function buildUnavailable(): Float64Array {
  const phrase = speak({ name: 'slt', stretch: 1 }, sentence);
  const track = silence(2 * edgeMs + soundingMs(phrase));
  place(track, phrase, edgeMs);
  return track;
}
