// An adapter with a fault, and what must be found wrong with it: shared by the tests and the benchmark of the adapters.

export interface SabotageCase {
  /** What the adapter does, such as "never truncates". */
  readonly name: string;
  /** What the fake or the verdict finds wrong with the adapter, with the fault or without; one sentence each. */
  readonly faults: (isSabotaged: boolean) => readonly string[];
  /** One of the sentences. */
  readonly expected: RegExp;
}

/** 'caught' when the fault is found, and nothing wrong without it; else what was found instead. */
export function verdictOn({ faults, expected }: SabotageCase): string {
  const before = faults(false);
  if (before.length > 0) return `Found in the sound adapter: ${before.join(' ')}`;
  const found = faults(true);
  if (found.some((sentence) => expected.test(sentence))) return 'caught';
  return `Found: ${found.length === 0 ? 'nothing.' : found.join(' ')}`;
}

/** The same, run at most once: what is found in the sound adapter serves all sabotages of one scene. */
export function once<Result>(run: () => Result): () => Result {
  let result: { readonly value: Result } | null = null;
  return () => {
    result ??= { value: run() };
    return result.value;
  };
}
