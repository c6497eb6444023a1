// Runs everything that is compared in turn, many times, so that what disturbs the machine disturbs all alike.

import { showProgress } from '../accuracy/progress.ts';

/** Something that costs CPU per piece of work. */
export interface Contender {
  readonly name: string;
  /** Pieces of work of a batch: enough to last ten milliseconds or more. */
  readonly pieces: number;
  /** Does a batch; answers the CPU that it took, in µs. */
  run(pieces: number): Promise<number>;
}

/** CPU of a piece of each contender's work in µs, by name and round. */
export type Rounds = Map<string, number[]>;

/** Batches before the first that counts: engines compile anew what turns out to be hot, and onnxruntime is large. */
const WARM_UP_BATCHES = 20;

/** Adds rounds to those there are. The order of the contenders is reversed with every round. */
export async function measureRounds(
  contenders: readonly Contender[],
  count: number,
  rounds: Rounds,
  stop: AbortSignal,
): Promise<void> {
  const order = [...contenders];
  for (let round = -WARM_UP_BATCHES; round < count && !stop.aborted; round++) {
    showProgress('Rounds', round + WARM_UP_BATCHES, count + WARM_UP_BATCHES);
    for (const { name, pieces, run } of order) {
      const cpuUs = (await run(pieces)) / pieces;
      if (round < 0) continue;
      const measured = rounds.get(name) ?? [];
      measured.push(cpuUs);
      rounds.set(name, measured);
    }
    order.reverse();
  }
  showProgress('Rounds', 1, 1);
}
