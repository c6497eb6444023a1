// The scorers that a conversation can be created with.

import { unreachable } from '../../core/unreachable.ts';
import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import type { ScorerName } from '../creation.ts';
import { KernelScorer } from './kernel-scorer.ts';
import { isolateVadKernel } from './vad-module.ts';

/** Makes scorers of this kind. */
export function scorerFactory(name: ScorerName): ScorerFactory {
  switch (name) {
    case 'kernel':
      return (listener) => new KernelScorer(isolateVadKernel(), listener);
    case 'energy':
      return (listener) => new EnergyScorer(listener);
    default:
      return unreachable(name);
  }
}
