// The scorers that a conversation can be created with.

import { unreachable } from '../../core/unreachable.ts';
import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import type { ScorerName } from '../creation.ts';
import { isolateLag } from './isolate-lag.ts';
import { KernelScorer } from './kernel-scorer.ts';
import { logNotice } from './log.ts';
import { RemoteScorer } from './remote-scorer.ts';
import { openLine } from './scorer-pool.ts';
import type { ScorerShard } from './scoring-session.ts';
import { TrapScorer } from './trap-scorer.ts';
import { isolateVadKernel } from './vad-module.ts';

/** What a scorer may use of the platform. */
export interface ScorerServices {
  readonly env: Env;
  /** Id of the conversation. */
  readonly conversation: string;
  /** Runs what a scorer answers later as an event of its conversation. */
  readonly inEvent: (run: () => void) => void;
}

/** Makes scorers of this kind. Throws for a scorer whose binding is gone. */
export function scorerFactory(name: ScorerName, services: ScorerServices): ScorerFactory {
  switch (name) {
    case 'kernel':
      return (listener) => new KernelScorer(isolateVadKernel(), listener);
    case 'energy':
      return (listener) => new EnergyScorer(listener);
    case 'remote':
      return remoteFactory(name, services.env.VAD_SHARD, services);
    case 'onnx':
      if (services.env.ONNX_SHARD === undefined) {
        throw new Error('Cannot make the scorer "onnx": the binding "ONNX_SHARD" is gone.');
      }
      return remoteFactory(name, services.env.ONNX_SHARD, services);
    case 'trap':
      return (listener) =>
        new TrapScorer(isolateVadKernel(), listener, () =>
          isolateLag.began('scorer trap', services.conversation, Date.now()),
        );
    default:
      return unreachable(name);
  }
}

function remoteFactory(
  name: ScorerName,
  pool: DurableObjectNamespace<ScorerShard>,
  { conversation, inEvent }: ScorerServices,
): ScorerFactory {
  const options = {
    name,
    open: () => openLine(pool, conversation),
    inEvent,
    startTimer: (delayMs: number, run: () => void) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    onAway: (reason: string, windows: number) =>
      logNotice('scorer-away', { conversation, scorer: name, reason, windows }),
  };
  return (listener) => new RemoteScorer(options, listener);
}
