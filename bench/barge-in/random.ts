// Numbers from a seed, the same on every machine.

/** Uniform in [0, 1): a linear congruential generator of 2³² states (Numerical Recipes), its upper 24 bits. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
