// What the benchmark knows of each agent and bridge.

import type { CutCallFigures } from '../../test/fakes/cut-call.ts';
import type { SabotageCase } from '../../test/fakes/sabotage-case.ts';

/** How much is measured. */
export interface Depth {
  /** Calls in which an answer is cut short. */
  readonly calls: number;
  /** Length of the one long call. */
  readonly minutes: number;
}

/** Times in milliseconds: of the virtual world where something waits, of this machine where something computes. */
export interface AdapterFigures {
  /** From the first audio of an answer, as the adapter gets it, to the packet that carries it on. */
  readonly addedMs: readonly number[];
  /** Computing that one message with audio takes, in adapter and engine. */
  readonly workMs: readonly number[];
  /** From an interruption, and from what was heard becoming known, to the message that tells the vendor of it. */
  readonly commitToWireMs: readonly number[];
  /** What the vendor, or the agent behind a bridge, was told was heard, against the truth. */
  readonly heardErrorMs: readonly number[];
  /** Audio that was given and not got. */
  readonly lostSamples: number;
  /** What was found wrong, one sentence each. */
  readonly complaints: readonly string[];
}

export interface Adapter {
  readonly name: string;
  readonly measure: (depth: Depth) => AdapterFigures | Promise<AdapterFigures>;
  readonly sabotages: readonly SabotageCase[];
}

/** The calls of an agent, every other one cut short while the vendor still generates. */
export function cutCalls(
  calls: number,
  hold: (options: { readonly cutInMs: number; readonly speed: number }) => CutCallFigures,
): Omit<AdapterFigures, 'lostSamples'> {
  const figures = Array.from({ length: calls }, (_, index) =>
    hold({ cutInMs: 600 + ((index * 137) % 1500), speed: index % 2 === 0 ? 1.2 : 20 }),
  );
  return {
    addedMs: figures.flatMap(({ addedMs }) => addedMs),
    workMs: figures.flatMap(({ workMs }) => workMs),
    commitToWireMs: figures.flatMap(({ commitToWireMs }) => commitToWireMs),
    heardErrorMs: figures.flatMap(({ heardErrorMs }) => heardErrorMs),
    complaints: figures.flatMap(({ violations }) => violations),
  };
}
