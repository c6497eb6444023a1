// The VAD kernel as a scorer that answers at once.

import type { ScorerFactory } from '../../core/voice/scorer.ts';
import { VAD_STATE_FLOATS, type VadKernel } from '../../durable-objects/runtime/vad-kernel.ts';
import { loadKernel } from '../accuracy/kernel-builds.ts';

/** Declared cost of a window: that of the kernel in the service. */
const UNITS_PER_WINDOW = 354;

let kernel: VadKernel | null = null;

/** Makes scorers that share one instance of the kernel, each with a state of its own. */
export const createKernelScorer: ScorerFactory = (listener) => {
  kernel ??= loadKernel('f32');
  const shared = kernel;
  const state = new Float32Array(VAD_STATE_FLOATS);
  return {
    name: 'kernel',
    unitsPerWindow: UNITS_PER_WINDOW,
    submit: (index, window) => listener.onScore(index, shared.score(window, 0, state)),
    reset: () => void state.fill(0),
    snapshot: () => state.slice(),
    restore: (saved) => state.set(saved),
  };
};
