// A caller's voice for agents that know no words, and for the scorer that goes by loudness.

const SAMPLES_PER_MS = 16;

/** Noise that is another one for each turn. */
export function callerVoice(turn: number, lengthMs: number): Int16Array {
  let state = Math.imul(turn, 0x85eb_ca6b) >>> 0;
  return Int16Array.from({ length: lengthMs * SAMPLES_PER_MS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 18) - 8192;
  });
}
