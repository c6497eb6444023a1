// A caller's microphone for tests: noise that never repeats where the script says speech, zeros elsewhere.

import { randomOf } from '../../simulation/random.ts';

/** Speech from the first to the second time of each pair, in ms. */
export function voiceScript(spans: readonly (readonly [number, number])[], seed = 1): Int16Array {
  const random = randomOf(seed);
  const lengthMs = Math.max(0, ...spans.map(([, endMs]) => endMs));
  const samples = new Int16Array(lengthMs * 16);
  for (const [startMs, endMs] of spans) {
    for (let index = startMs * 16; index < endMs * 16; index++) {
      samples[index] = Math.round((random() - 0.5) * 16_000);
    }
  }
  return samples;
}
