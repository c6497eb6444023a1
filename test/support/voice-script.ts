// A caller's microphone for tests: noise that never repeats where the script says speech, zeros elsewhere.

/** Small fast generator with 2³² states (Mulberry32, Tommy Ettinger 2017). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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
