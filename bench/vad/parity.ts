// How far the kernel's scores are from onnxruntime's, window by window, both in workerd.

import type { WorkerdContenders } from './workerd-contenders.ts';

/** Score from which a window counts as speech. */
const THRESHOLD = 0.5;

/** Largest difference, and windows on the other side of the threshold. */
export interface Parity {
  readonly windows: number;
  readonly maxAbs: number;
  readonly flips: number;
}

/** Compares every build on every stream; the contenders hear the last of them afterwards. */
export async function measureParity(
  workerd: WorkerdContenders,
  builds: readonly string[],
  streams: readonly Int16Array[],
): Promise<ReadonlyMap<string, Parity>> {
  const parities = new Map<string, Parity>();
  for (const audio of streams) {
    await workerd.hear(audio);
    const reference = await workerd.scores('onnxruntime-web', audio);
    for (const build of builds) {
      const before = parities.get(build) ?? { windows: 0, maxAbs: 0, flips: 0 };
      parities.set(build, added(before, await workerd.scores(build, audio), reference));
    }
  }
  return parities;
}

function added(before: Parity, scores: Float32Array, reference: Float32Array): Parity {
  let { windows, maxAbs, flips } = before;
  scores.forEach((score, window) => {
    const expected = reference[window]!;
    windows += 1;
    maxAbs = Math.max(maxAbs, Math.abs(score - expected));
    if (score >= THRESHOLD !== expected >= THRESHOLD) flips += 1;
  });
  return { windows, maxAbs, flips };
}
