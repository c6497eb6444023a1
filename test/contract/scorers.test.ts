// The scorers that answer inside `submit`, by the contract of all scorers.

import { createEnergyScorer } from '../../core/voice/energy-scorer.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { readConversationSample } from '../support/conversation-sample.ts';
import { loadKernel } from '../vad/kernel-files.ts';
import { describeScorer } from './scorer-contract.ts';

describeScorer({
  name: 'kernel',
  prepare: () => {
    const kernel = loadKernel('vad-f32-plain.wasm');
    return (listener) => new KernelScorer(kernel, listener);
  },
  conversation: readConversationSample,
  tolerance: 0,
  endsWithinMs: 200,
});

describeScorer({
  name: 'energy',
  prepare: () => createEnergyScorer,
  conversation: readConversationSample,
  tolerance: 0,
  endsWithinMs: 300,
});
