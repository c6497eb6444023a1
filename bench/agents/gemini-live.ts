// What the agent for Gemini Live adds and loses, in virtual time with a fake of the vendor.

import { holdGeminiCall } from '../../test/fakes/gemini-live/gemini-call.ts';
import { soak } from '../../test/fakes/gemini-live/gemini-soak.ts';

/** Results of the agent; times in milliseconds. */
export interface GeminiLiveFigures {
  /** From the vendor's audio arriving to the packet that carries it to the caller. */
  readonly addedMsP95: number;
  /** From the caller's `clear` to the interruption on the vendor's wire. */
  readonly commitToWireMsP95: number;
  /** What the model was told was heard, against what the ear got. */
  readonly heardErrorMsMax: number;
  /** Caller audio that the model never heard, over lost and announced ends of connections. */
  readonly lostSamples: number;
  readonly interruptions: number;
}

const SOAK_MS = 300_000;

/** Interrupts as many answers as there are calls, half of them while the vendor still generates. */
export function measureGeminiLive({ calls }: { readonly calls: number }): GeminiLiveFigures {
  const figures = Array.from({ length: calls }, (_, index) =>
    holdGeminiCall(600 + ((index * 137) % 1500), index % 2 === 0 ? 1.2 : 20),
  );
  const heardErrors = figures.flatMap(({ heardErrorMs }) => heardErrorMs);
  return {
    addedMsP95: percentile95(figures.flatMap(({ addedMs }) => addedMs)),
    commitToWireMsP95: percentile95(figures.flatMap(({ commitToWireMs }) => commitToWireMs)),
    heardErrorMsMax: Math.max(0, ...heardErrors),
    lostSamples: soak({ lengthMs: SOAK_MS, seed: calls }).lostSamples,
    interruptions: heardErrors.length,
  };
}

function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(0.95 * sorted.length) - 1)] ?? 0;
}
