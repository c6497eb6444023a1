// Holds conversations with every sabotaged service, and with one that is not, and says which were found out.

import { type Bundle, patched } from './chaotic-service.ts';
import type { Reference } from './references.ts';
import { runChaos } from './run.ts';
import { SABOTAGES, type Sabotage } from './sabotages.ts';
import type { Scene } from './scene.ts';

/** Each must meet with its fault at a bad moment. */
const LANES = 2;
const FAULT_INTERVAL_MS = 800;

export interface SabotageResult {
  readonly name: string;
  readonly isCaught: boolean;
  /** What was found wrong, one sentence each. */
  readonly faults: readonly string[];
}

/** The result of each sabotage, and of a service without one, which must not be caught. */
export async function runSabotages(
  bundle: Bundle,
  references: ReadonlyMap<Scene, Reference>,
  seed: number,
  stop: AbortSignal,
  onProgress: (name: string) => void,
): Promise<readonly SabotageResult[]> {
  const control: Sabotage = {
    name: 'none',
    patches: [],
    kinds: [...new Set(SABOTAGES.flatMap(({ kinds }) => kinds))],
  };
  const results = [control, ...SABOTAGES].map(async ({ name, patches, kinds }) => {
    const tally = await runChaos({
      bundle: patched(bundle, patches),
      references,
      durationMs: 1,
      lanes: LANES,
      seed,
      kinds,
      faultIntervalMs: FAULT_INTERVAL_MS,
      serviceFaultIntervalMs: Number.POSITIVE_INFINITY,
      stop,
      onProgress: () => {},
      onFailure: () => {},
    });
    const faults = tally.failures.flatMap((failure) => failure.faults);
    onProgress(name);
    return { name, isCaught: faults.length > 0, faults };
  });
  return Promise.all(results);
}
